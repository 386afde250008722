/** Programs that run alike in Node and in a page; each gives plain numbers. */
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, threefry2x32, valueAndGrad, vmap } from '../../src/index'
import type { Engine } from '../../src/engines/engine'

const values = (t: tf.Tensor): readonly number[] => Array.from(t.dataSync())

const wave = (shape: number[], phase: number): tf.Tensor =>
  tf.tensor(
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i * 1.3 + phase)),
    shape
  )

type Params = { readonly w: tf.Tensor; readonly b: tf.Tensor }

const loss = ({ w, b }: Params, x: tf.Tensor): tf.Tensor => tf.mean(tf.square(tf.tanh(tf.add(tf.matMul(x, w), b))))

const int32 = (...data: number[]): tf.Tensor => tf.tensor1d(data, 'int32')

const programs = {
  gradient: async (engine: Engine) => {
    const step = jit((p: Params, x: tf.Tensor) => valueAndGrad(loss)(p, x), { engine })
    const [value, { w, b }] = await step({ w: wave([3, 4], 0), b: wave([4], 1) }, wave([16, 3], 2))
    return [value, w, b].flatMap(values)
  },
  bits: async (engine: Engine) => {
    const f = jit(
      (x0: tf.Tensor, x1: tf.Tensor) => threefry2x32(tf.scalar(42, 'int32'), tf.scalar(-7, 'int32'), x0, x1),
      { engine }
    )
    return (await f(int32(0, 1, -1, 2147483647), int32(4, -5, 6, -2147483648))).flatMap(values)
  },
  scan: async (engine: Engine) => {
    const f = jit(
      (start: tf.Tensor, xs: tf.Tensor) => {
        const [end, all] = scan((c: tf.Tensor, x: tf.Tensor) => [tf.sin(tf.add(c, x)), tf.exp(c)] as const, start, xs)
        return [end, all] as const
      },
      { engine }
    )
    return (await f(tf.scalar(0.5), wave([20], 0))).flatMap(values)
  },
  batch: async (engine: Engine) => {
    const f = jit((ws: tf.Tensor, x: tf.Tensor) => vmap((w: tf.Tensor) => tf.sum(tf.relu(tf.matMul(x, w)), 0))(ws), {
      engine
    })
    return values(await f(wave([5, 3, 2], 0), wave([4, 3], 1)))
  }
} as const

export type Results = Readonly<Record<keyof typeof programs, readonly number[]>>

export const runAll = async (engine: Engine): Promise<Results> => ({
  gradient: await programs.gradient(engine),
  bits: await programs.bits(engine),
  scan: await programs.scan(engine),
  batch: await programs.batch(engine)
})
