/**
 * What a process holds while a compiled function is called many times, or for many shapes. Run with --expose-gc; arguments:
 * the program, the runtime, how many calls or shapes. Prints bytes.
 */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { jit, onnxEngine, valueAndGrad, wasmEngine } from '../../src/index'

tf.env().set('PROD', true)

const collect = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 5)) // finalizers run between turns
  }
}

const resident = async (): Promise<number> => {
  await collect()
  return process.memoryUsage().rss
}

const [, , , named] = process.argv
const engine = named === 'own' ? wasmEngine() : onnxEngine({ runtime: named === 'wasm' ? 'wasm' : 'native' })

type Params = { readonly w: tf.Tensor; readonly b: tf.Tensor }

const loss = ({ w, b }: Params, x: tf.Tensor): tf.Tensor => tf.mean(tf.square(tf.tanh(tf.add(tf.matMul(x, w), b))))
const step = (p: Params, x: tf.Tensor) => valueAndGrad(loss)(p, x)
const params = (n: number): Params => ({ w: tf.ones([n, n]), b: tf.zeros([n]) })

/** Calls in ten parts after a warm-up. What one call returns is `resultBytes`. */
const calls = async (count: number) => {
  const n = 64
  const f = jit(step, { engine })
  const [p, x] = [params(n), tf.ones([4, n])]
  const some = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const [value, gradient] = await f(p, x)
      tf.dispose([value, gradient.w, gradient.b])
    }
  }
  await some(count / 5)
  const tensors = [tf.memory().numTensors]
  const rss = [await resident()]
  for (let part = 0; part < 10; part++) {
    await some(count / 10)
    rss.push(await resident())
    tensors.push(tf.memory().numTensors)
  }
  return { rss, tensors, resultBytes: 4 * (n * n + n + 1) }
}

/** A quarter of a megabyte that each session holds, so that what sessions cost stands out from what else goes on. */
const weight = Float32Array.from({ length: 1 << 16 }, (_, i) => Math.sin(i))

const heavy = (p: Params, x: tf.Tensor): tf.Tensor => tf.mean(tf.square(tf.mul(tf.tensor1d(weight), loss(p, x))))

/** One call for each of many shapes through a cache of `cacheSize`. */
const shapes = async (count: number, cacheSize: number) => {
  const f = jit((x: tf.Tensor) => valueAndGrad(heavy)(params(16), x)[1], { engine, cacheSize })
  const some = async (from: number, to: number): Promise<void> => {
    for (let rows = from; rows < to; rows++) {
      const x = tf.ones([rows, 16])
      const { w, b } = await f(x)
      tf.dispose([w, b, x])
    }
  }
  await some(1, 1 + count / 5)
  const tensors = [tf.memory().numTensors]
  const rss = [await resident()]
  for (let part = 1; part < 5; part++) {
    await some(1 + (part * count) / 5, 1 + ((part + 1) * count) / 5)
    rss.push(await resident())
    tensors.push(tf.memory().numTensors)
  }
  return { rss, tensors, compiled: f.stats().length }
}

const count = Number(process.argv[4])
const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  calls: () => calls(count),
  bounded: () => shapes(count, 16),
  unbounded: () => shapes(count, count)
}

console.log(JSON.stringify(await programs[process.argv[2]!]!()))
process.exit(0)
