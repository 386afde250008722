/** Lists with holes: one entry per input of an op, `null` where there is nothing. */
import * as tf from '@tensorflow/tfjs-core'

export type MaybeTensors = readonly (tf.Tensor | null)[]

export const present = (all: MaybeTensors): readonly tf.Tensor[] => all.filter((t) => t !== null)

export const kept = <T>(items: readonly T[], flags: readonly boolean[]): readonly T[] =>
  items.filter((_, i) => flags[i])

/** Inverse of `kept`: the items where the flags hold, `null` elsewhere. */
export const place = (items: readonly tf.Tensor[], flags: readonly boolean[]): MaybeTensors => {
  const rest = [...items]
  return flags.map((flag) => (flag ? rest.shift()! : null))
}

/** Member by member a or b. @param pred bool [members] */
export const selectMany = (pred: tf.Tensor, a: readonly tf.Tensor[], b: readonly tf.Tensor[]): tf.Tensor[] =>
  a.map((t, i) => tf.where(tf.reshape(pred, [pred.shape[0]!, ...t.shape.slice(1).map(() => 1)]), t, b[i]!))
