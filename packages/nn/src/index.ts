// Layers, initialisers, optimisers and losses as pure init and apply functions.
export {}
