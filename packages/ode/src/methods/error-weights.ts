/** Solution weights minus embedded weights: the weights of the error estimate. */
export const errorAgainst = (b: readonly number[], embedded: readonly number[]): readonly number[] =>
  b.map((w, i) => w - embedded[i]!)
