/**
 * Laplace's approximation: the Gaussian that agrees with the log density to second order at its mode.
 */
import type * as tf from '@tensorflow/tfjs-core'
import { grad, hessian, jit } from '@bdl/compiler'
import { BdlError, disposeTree, ravel, toHost } from '@bdl/core'
import type { HostArray, Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { fullGaussian } from './gaussian-fit.js'
import type { LogDensity } from './kernel.js'
import { cholesky, invertLower, logDetOfCholesky } from './linear-algebra.js'

export type LaplaceFit<P extends Tree> = {
  readonly posterior: Distribution<P>
  /** −∇² log p at the mode: [dim, dim], float64 from float32 derivatives. */
  readonly precision: HostArray
  readonly covariance: HostArray
  /** log p(mode) + (dim/2) log 2π − ½ log det precision, nats: the log evidence if log p is the log joint. */
  readonly logEvidence: number
  /** Largest absolute entry of the gradient: 0 at a mode. */
  readonly gradientNorm: number
  /** Releases the tensors that the posterior holds. */
  readonly dispose: () => void
}

/** Inverse from a Cholesky factor: A⁻¹ = L⁻ᵀ L⁻¹. */
const inverseOf = (factor: HostArray): HostArray => {
  const { shape, data: x } = invertLower(factor)
  const n = shape[0] ?? 0
  const out = new Float64Array(n * n)
  for (let k = 0; k < n; k++)
    for (let i = 0; i <= k; i++) {
      const row = x[k * n + i]!
      for (let j = 0; j <= k; j++) out[i * n + j] = out[i * n + j]! + row * x[k * n + j]!
    }
  return { shape, data: out }
}

/** −(H + Hᵀ)/2: the precision, symmetric to the last digit. */
const precisionOf = ({ shape, data }: HostArray): HostArray => {
  const n = shape[0] ?? 0
  return { shape, data: data.map((h, at) => -(h + data[(at % n) * n + Math.floor(at / n)]!) / 2) }
}

/**
 * Laplace's approximation with the full Hessian, N(mode, (−∇² log p)⁻¹).
 *
 * **When to use** a few thousand parameters at most, and a mode in hand (`map`). **Gotcha** at a saddle, or where a ReLU
 * network's scale symmetry leaves the density flat, there is no Gaussian: an error says so.
 *
 * @param logDensity log joint of one position, nats
 * @param mode a maximum of it; `gradientNorm` of the result tells how nearly
 * @returns a distribution over trees; call `dispose` when it is no longer needed
 * @error InvalidArgument if the precision is not positive definite
 * @precision derivatives in float32, factorisation in float64
 * @source MacKay (1992), A practical Bayesian framework for backpropagation networks, Neural Computation 4(3)
 * @example const { posterior, logEvidence } = await laplace(logDensity, mode)
 */
export const laplace = async <P extends Tree>(logDensity: LogDensity<P>, mode: P): Promise<LaplaceFit<P>> => {
  const { vector, unravel } = ravel(mode)
  const target = (w: tf.Tensor) => logDensity(unravel(w))
  const derivatives = jit(
    (w: tf.Tensor) => ({ value: target(w), gradient: grad(target)(w), hessian: hessian(target)(w) }),
    { name: 'laplace' }
  )
  const tensors = await derivatives(vector)
  const [value, gradient, curvature, mean] = await Promise.all([
    toHost(tensors.value),
    toHost(tensors.gradient),
    toHost(tensors.hessian),
    toHost(vector)
  ])
  await derivatives.dispose()
  disposeTree([vector, tensors])
  const precision = precisionOf(curvature)
  const factor = factorise(precision)
  const covariance = inverseOf(factor)
  const dim = mean.data.length
  const lower = cholesky(covariance) // now: a covariance that has none is this call's error
  return {
    ...fullGaussian('laplace', mode, mean, covariance, () => lower),
    precision,
    covariance,
    logEvidence: value.data[0]! + (dim / 2) * Math.log(2 * Math.PI) - logDetOfCholesky(factor) / 2,
    gradientNorm: gradient.data.reduce((worst, g) => Math.max(worst, Math.abs(g)), 0)
  }
}

const factorise = (precision: HostArray): HostArray => {
  try {
    return cholesky(precision)
  } catch {
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'laplace',
      argument: 'mode',
      expected: 'a strict maximum of the log density',
      got: 'a point where the negative Hessian is not positive definite',
      hint: 'Run more steps of map, or add a proper prior'
    })
  }
}
