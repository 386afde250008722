// Workloads beside the same workloads in JAX and PyTorch.
export {}
