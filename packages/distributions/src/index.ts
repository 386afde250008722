// Probability distributions, constraints and divergences on TensorFlow.js tensors.
export {}
