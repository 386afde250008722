// Trees, keys, Learnable, special functions and typed errors for Bayesian deep learning.
export {}
