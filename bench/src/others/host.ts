/** What the workloads in other libraries start from: the very numbers of ours, as arrays that any library takes. */
import type * as tf from '@tensorflow/tfjs-core'
import type { MlpParams } from '@bdl/nn'
import { draws } from '../workloads/draws'

export interface FloatArray {
  readonly shape: number[]
  readonly data: Float32Array
}

export interface IntArray {
  readonly shape: number[]
  readonly data: Int32Array
}

export type HostLayer = { readonly w: FloatArray; readonly b: FloatArray }

const floats = (tensor: tf.Tensor): FloatArray => ({
  shape: [...tensor.shape],
  data: Float32Array.from(tensor.dataSync())
})
const layers = (params: MlpParams): readonly HostLayer[] => params.map(({ w, b }) => ({ w: floats(w), b: floats(b) }))

/** Parameters of 8 couplings and the batch. */
export const realNvpData = () => {
  const draw = draws()
  return { couplings: Array.from({ length: 8 }, () => layers(draw.mlp(1, 64, 64, 2))), x: floats(draw.normal(256, 2)) }
}

const stack = (arrays: readonly FloatArray[]): FloatArray => {
  const { shape, data } = arrays[0]!
  const all = new Float32Array(arrays.length * data.length)
  arrays.forEach((array, i) => all.set(array.data, i * data.length))
  return { shape: [arrays.length, ...shape], data: all }
}

/** Layers with a leading axis of 64 members, their batches and labels. */
export const ensembleData = () => {
  const draw = draws()
  const members = Array.from({ length: 64 }, () => layers(draw.mlp(64, 16, 10)))
  const stacked = members[0]!.map((_, l) => ({
    w: stack(members.map((member) => member[l]!.w)),
    b: stack(members.map((member) => member[l]!.b))
  }))
  const x = floats(draw.normal(64, 128, 64))
  const labels: IntArray = { shape: [64, 128], data: Int32Array.from(draw.integers(10, 64, 128).dataSync()) }
  return { layers: stacked, x, labels }
}
