// Networks to read, metanets with random heads, and the action of hidden permutations on tensors.
import * as tf from '@tensorflow/tfjs-core'
import { flatten, fromHost, key, normal, split, toHostSync, unflatten, type Key, type Tree } from '@bdl/core'
import { act, mlpSpec, type GroupElement, type HostTree } from '@bdl/symmetry'
import type { MlpParams } from '@bdl/nn'

export const network = (sizes: readonly number[], seed: number): MlpParams =>
  split(key(seed), sizes.length - 1).map((k, l) => {
    const [kw, kb] = split(k)
    return { w: normal(kw, [sizes[l]!, sizes[l + 1]!]), b: normal(kb, [sizes[l + 1]!]) }
  })

export const stacked = (networks: readonly MlpParams[]): MlpParams =>
  networks[0]!.map((_, l) => ({
    w: tf.stack(networks.map((net) => net[l]!.w)),
    b: tf.stack(networks.map((net) => net[l]!.b))
  }))

/** Every leaf N(0, scale²), heads too: nothing of the answer is zero by initialisation. */
export const shaken = <P extends Tree>(params: P, seed: number, scale = 0.5): P => {
  const [all, def] = flatten(params)
  return unflatten<P>(
    def,
    split(key(seed), all.length).map((k: Key, i) => tf.mul(normal(k, all[i]!.shape), scale))
  )
}

export const permuted = (net: MlpParams, g: GroupElement): MlpParams => {
  const sizes = [net[0]!.w.shape[0]!, ...net.map(({ w }) => w.shape[1]!)]
  const host = net.map(({ w, b }) => ({ w: toHostSync(w), b: toHostSync(b) })) satisfies HostTree
  return act(mlpSpec(sizes, 'relu'), g)(host).map(({ w, b }) => ({ w: fromHost(w), b: fromHost(b) }))
}

export const numbers = (tree: Tree): number[] => flatten(tree)[0].flatMap((leaf) => Array.from(leaf.dataSync()))

export const largestDifference = (a: Tree, b: Tree): number => {
  const other = numbers(b)
  return numbers(a).reduce((most, x, i) => Math.max(most, Math.abs(x - other[i]!)), 0)
}

/** A permutation of hidden units, no scaling; `randomElement` of the kind `permutation`. */
export const permutationOf = (sizes: readonly number[], seed: number): GroupElement => {
  const next = Array.from(normal(key(seed), [sizes.slice(1, -1).reduce((a, b) => a + b, 0)]).dataSync())
  return sizes.slice(1, -1).map((size) => {
    const values = next.splice(0, size)
    return {
      permutation: Int32Array.from(Array.from(values.keys()).sort((i, j) => values[i]! - values[j]!)),
      scale: new Float64Array(size).fill(1)
    }
  })
}
