/**
 * Workloads in TensorFlow.js as its users write them: eager ops on its WebAssembly backend, its own gradients and its own Adam.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients' // what @tensorflow/tfjs does, without its 200 megabytes
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import type { Stepper } from '../workloads/workload'
import { ensembleData, realNvpData, type FloatArray, type HostLayer } from './host'
import type { OtherWorkload } from './other-workload'

type Layer = { readonly w: tf.Variable; readonly b: tf.Variable }

const tensorOf = ({ shape, data }: FloatArray): tf.Tensor => tf.tensor(data, shape)
const layersOf = (layers: readonly HostLayer[]): readonly Layer[] =>
  layers.map(({ w, b }) => ({ w: tf.variable(tensorOf(w)), b: tf.variable(tensorOf(b)) }))
const variablesOf = (layers: readonly Layer[]): tf.Variable[] => layers.flatMap(({ w, b }) => [w, b])

const mlp = (layers: readonly Layer[], x: tf.Tensor, activation: (x: tf.Tensor) => tf.Tensor): tf.Tensor =>
  layers.reduce((h, { w, b }, i) => {
    const out = tf.add(tf.matMul(h, w), b)
    return i === layers.length - 1 ? out : activation(out)
  }, x)

const column = (x: tf.Tensor, i: number): tf.Tensor => tf.slice(x, [0, i], [-1, 1])

const realNvpLoss = (couplings: readonly (readonly Layer[])[], x: tf.Tensor): tf.Scalar => {
  let z = x
  let logDet: tf.Tensor = tf.scalar(0)
  couplings.forEach((layers, k) => {
    const a = column(z, k % 2)
    const out = mlp(layers, a, tf.tanh)
    const s = tf.tanh(column(out, 0))
    const b = tf.add(tf.mul(column(z, 1 - (k % 2)), tf.exp(s)), column(out, 1))
    logDet = tf.add(logDet, tf.squeeze(s, [1]))
    z = tf.concat(k % 2 === 0 ? [a, b] : [b, a], 1)
  })
  const logBase = tf.sub(tf.mul(tf.sum(tf.square(z), 1), -0.5), Math.log(2 * Math.PI))
  return tf.neg(tf.mean<tf.Scalar>(tf.add(logBase, logDet)))
}

/** Members as the leading axis of batched products: there is no vmap. */
const ensembleLoss = (layers: readonly Layer[], x: tf.Tensor, oneHot: tf.Tensor): tf.Scalar =>
  tf.mul<tf.Scalar>(tf.losses.softmaxCrossEntropy(oneHot, mlp(layers, x, tf.relu)), x.shape[0]!)

const training = (loss: () => tf.Scalar, variables: tf.Variable[]): Stepper => {
  const optimiser = tf.train.adam(1e-3, 0.9, 0.999, 1e-8)
  return {
    step: async () => {
      const cost = optimiser.minimize(loss, true, variables)
      if (cost === null) throw new Error('TensorFlow.js returned no cost')
      const [value] = await cost.data()
      cost.dispose()
      return value!
    },
    dispose: async () => {
      optimiser.dispose()
      tf.dispose(variables)
    }
  }
}

const prepare = async (): Promise<void> => {
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js does not start')
}

export const tfjsWorkloads: readonly OtherWorkload[] = [
  {
    name: 'realnvp_step',
    repeats: 50,
    prepare,
    start: () => {
      const data = realNvpData()
      const couplings = data.couplings.map(layersOf)
      const x = tensorOf(data.x)
      return training(() => realNvpLoss(couplings, x), couplings.flatMap(variablesOf))
    }
  },
  {
    name: 'ensemble_step',
    repeats: 50,
    prepare,
    start: () => {
      const data = ensembleData()
      // a bias of each member for all of its rows
      const layers = layersOf(
        data.layers.map(({ w, b }) => ({ w, b: { shape: [b.shape[0]!, 1, b.shape[1]!], data: b.data } }))
      )
      const x = tensorOf(data.x)
      const oneHot = tf.oneHot(tf.tensor(data.labels.data, data.labels.shape, 'int32'), 10)
      return training(() => ensembleLoss(layers, x, oneHot), variablesOf(layers))
    }
  }
]
