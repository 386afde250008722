/** Affine layers that see the time of a flow, each in its own way: what networks of velocities are stacked from. */
import * as tf from '@tensorflow/tfjs-core'
import { learnable, scoped, split, type Learnable, type Tree } from '@bdl/core'
import { applyDense, dense, glorotUniform, type Dense, type Initialiser } from '@bdl/nn'
import { perRow, type Velocity } from './velocity.js'

/** What a layer is asked for; the initialiser is that of all that can make its output differ from zero. */
export interface TimeLayerOptions {
  readonly inputs: number
  readonly outputs: number
  /** Default `glorotUniform`. */
  readonly initialiser?: Initialiser
}

/** A layer (t, x [..., in]) -> [..., out] to learn; t is a scalar or one time per row, [...]. */
export type TimeLayer<P extends Tree> = (options: TimeLayerOptions) => Learnable<P, Velocity>

/** [...] times as a column beside x [..., d]. */
const timeColumn = (t: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.add(perRow(t), tf.zeros([...x.shape.slice(0, -1), 1]))

/** A row of numbers, [size], drawn as the matrix [1, size] that multiplies the time. */
const rowOf = (initialiser: Initialiser, key: tf.Tensor, size: number): tf.Tensor =>
  tf.reshape(initialiser(key, [1, size]), [size])

const gated = (t: tf.Tensor, { w, b }: Dense): tf.Tensor => tf.sigmoid(tf.add(tf.mul(perRow(t), w), b))

/** x w + b: time is not seen, and the flow is autonomous. */
export const ignoreLayer: TimeLayer<Dense> = (options) =>
  learnable.map(
    (apply: (x: tf.Tensor) => tf.Tensor): Velocity =>
      (_t, x) =>
        apply(x)
  )(dense(options))

/** [x, t] w + b. */
export const concatLayer: TimeLayer<Dense> = ({ inputs, ...options }) =>
  learnable.map(
    (apply: (x: tf.Tensor) => tf.Tensor): Velocity =>
      (t, x) =>
        scoped(() => apply(tf.concat([x, timeColumn(t, x)], x.rank - 1)))
  )(dense({ inputs: inputs + 1, ...options }))

/** `layer` [in, out]; `gate` holds two rows, [out] each. */
export type SquashParams = { readonly layer: Dense; readonly gate: Dense }

const squashInit =
  ({ inputs, outputs, initialiser = glorotUniform }: TimeLayerOptions) =>
  (key: tf.Tensor): SquashParams =>
    scoped(() => {
      const [layerKey, gateKey] = split(key)
      const gate = { w: rowOf(glorotUniform, gateKey, outputs), b: tf.zeros([outputs]) }
      return { layer: dense({ inputs, outputs, initialiser }).init(layerKey), gate }
    })

const squashed = ({ layer, gate }: SquashParams, t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.mul(applyDense(layer, x), gated(t, gate))

/** (x w + b) sigmoid(g t + c). */
export const squashLayer: TimeLayer<SquashParams> = (options) => ({
  init: squashInit(options),
  build: (params) => (t, x) => scoped(() => squashed(params, t, x))
})

/** As `SquashParams`, with what the time adds, `shift` [out]. */
export type ConcatSquashParams = SquashParams & { readonly shift: tf.Tensor }

/**
 * (x w + b) sigmoid(g t + c) + h t: what FFJORD calls concatsquash.
 * @source Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367, appendix B
 */
export const concatSquashLayer: TimeLayer<ConcatSquashParams> = (options) => {
  const { outputs, initialiser = glorotUniform } = options
  const initSquash = squashInit(options)
  return {
    init: (key) =>
      scoped(() => {
        const [squashKey, shiftKey] = split(key)
        return { ...initSquash(squashKey), shift: rowOf(initialiser, shiftKey, outputs) }
      }),
    build: (params) => (t, x) => scoped(() => tf.add(squashed(params, t, x), tf.mul(perRow(t), params.shift)))
  }
}

/** Layers at time 0 and at time 1. */
export type BlendParams = { readonly start: Dense; readonly end: Dense }

/** (1 - t) (x w0 + b0) + t (x w1 + b1), for flows between times 0 and 1. */
export const blendLayer: TimeLayer<BlendParams> = (options) => {
  const both = learnable.sequenceRecord({ start: dense(options), end: dense(options) })
  return learnable.map(
    ({ start, end }: { readonly start: (x: tf.Tensor) => tf.Tensor; readonly end: (x: tf.Tensor) => tf.Tensor }) =>
      (t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
        scoped(() => {
          const at = perRow(t)
          return tf.add(tf.mul(tf.sub(1, at), start(x)), tf.mul(at, end(x)))
        })
  )(both)
}
