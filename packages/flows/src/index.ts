// Normalizing flows, continuous flows and flow matching.
export {}
