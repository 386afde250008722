// Invertible maps with log-determinants; a monoid under composition.
export {}
