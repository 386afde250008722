/** How log Γ and its derivatives are computed in float32 for arguments that are not negative: coefficients, highest power first. */
import { factorial, polygammaTerms } from './special-reference.js'

/**
 * Fits of least relative error, by reweighted least squares to 50-digit values of mpmath, in x - 2 on [1, 3]:
 * log Γ(x) / ((x - 1)(x - 2)) to 2.3e-8, and ψ(x) / (x - x₀) to 1.2e-8, where ψ(x₀) = 0.
 */
export const LGAMMA_NEAR = [
  [0.00051822406, 0.0406283417, 0.271858025, 0.422784326],
  [0.0157421223, 0.226999972, 0.880295899, 1]
] as const
export const DIGAMMA_NEAR = [
  [0.000567966089, 0.0594806935, 0.455236127, 0.785307529],
  [0.0168452137, 0.239650898, 0.911712983, 1]
] as const
/** What Stirling's formula lacks, times x, and what log x - 1/(2x) has too much, times x²: in 1/x², for x >= 3. */
export const LGAMMA_FAR = [0.000678977443, -0.00276988764, 0.0833331623] as const
export const DIGAMMA_FAR = [0.00323232584, -0.00828638174, 0.0833324089] as const

/** The positive zero of digamma, as a float32 and what is left. */
export const ROOT = Math.fround(1.461632144968362)
export const ROOT_REST = 1.461632144968362 - ROOT

export const HALF_LOG_TAU = Math.log(2 * Math.PI) / 2

/** How far |ψₙ| is brought by its recurrence, and how many terms its expansion has then: 3e-8 for every order. */
export const STEPS = 3
const TERMS = 4

/** Coefficients of the expansion of |ψₙ| after its first two terms, in 1/z², over n!. */
export const expansionTerms = (order: number): readonly number[] =>
  polygammaTerms(order, TERMS)
    .map((c) => c / factorial(order))
    .reverse()
