// What a family gives to the two tables: a golden case is made by `golden`, the laws run over `laws`.
import type * as tf from '@tensorflow/tfjs-core'
import type { Distribution } from '../../src/index'

export type Tensors = Readonly<Record<string, tf.Tensor>>

/** How a family of the golden file is made of its parameters as tensors, and the dtype of its values. */
export interface GoldenFamily {
  readonly make: (p: Tensors) => Distribution
  readonly dtype: 'float32' | 'int32'
}

export interface Rows {
  /** By the name that the golden file has. */
  readonly golden: Readonly<Record<string, GoldenFamily>>
  /** By a name whose first word is the public function, so that none is forgotten. */
  readonly laws: Readonly<Record<string, Distribution>>
}
