// Differential equation solvers, step-size control and adjoints.
export {}
