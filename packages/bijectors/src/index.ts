// Invertible maps with log-determinants; a monoid under composition.
export { affine, scale, shift, type AffineOptions, type Parameter } from './affine.js'
export { bijector, type Bijector, type BijectorSpec, type WithLogDet } from './bijector.js'
export { asEvent, chain, identity, invert, MonoidBijector } from './combinators.js'
export { additiveCoupling, affineCoupling, coupling, type CouplingOptions } from './coupling.js'
export { exp, leakyRelu, log, power, sigmoid, softplus, tanh } from './elementwise.js'
export { permute, reverse } from './permute.js'
