// What a family gives to the two tables: a golden case is made by `golden`, the laws run over `laws`.
import type * as tf from '@tensorflow/tfjs-core'
import type { Distribution } from '../../src/index'
import type { ParametricFamily } from '../../src/testing'

export type Tensors = Readonly<Record<string, tf.Tensor>>

/** How a family of the golden file is made of its parameters as tensors, and the dtype of its values. */
export interface GoldenFamily {
  readonly make: (p: Tensors) => Distribution
  readonly dtype: 'float32' | 'int32'
  /** Fields of a case beyond those that every family has: 'scaleTril', say, or 'weights'. */
  readonly fields?: Readonly<Record<string, (d: Distribution) => tf.Tensor>>
  /** Names whose gradient the file has symmetrised: a covariance, a matrix-valued x. */
  readonly symmetric?: readonly string[]
}

export interface Rows {
  /** By the name that the golden file has. */
  readonly golden: Readonly<Record<string, GoldenFamily>>
  /** By a name whose first word is the public function, so that none is forgotten. */
  readonly laws: Readonly<Record<string, Distribution>>
  /** By a name of `laws`: the family in one parameter, for the law of reparameterised draws. */
  readonly families?: Readonly<Record<string, ParametricFamily>>
}
