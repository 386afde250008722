// What leaves a network's function unchanged: canonical weights and alignment.
export {}
