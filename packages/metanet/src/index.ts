// Neural networks as graphs, and graph networks that read and write them.
export {}
