// Posteriors from log densities: variational inference, MCMC, ensembles, diagnostics, prediction.
export {}
