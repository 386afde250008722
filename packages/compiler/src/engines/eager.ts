/** Interprets a graph op by op with the kernels of the current TensorFlow.js backend: for debugging, and where nothing else runs. */
import * as tf from '@tensorflow/tfjs-core'
import type { Graph, NdArray } from '../graph/graph.js'
import { evaluate } from '../graph/evaluate.js'
import { profileByClock } from './clock-profile.js'
import { noReport, type Engine } from './engine.js'
import { fromTensor, toTensor } from './host-data.js'

/** A backend may put work off until somebody reads. */
const computeAll = (graph: Graph, inputs: tf.Tensor[]): void =>
  tf.tidy(() => {
    for (const output of evaluate(graph, inputs)) output.dataSync()
  })

export const eagerEngine: Engine = {
  name: 'eager',
  compile: (graph, bound) =>
    Promise.resolve({
      report: noReport('eager', graph),
      dispose: () => Promise.resolve(),
      run: (inputs) => {
        const results: NdArray[] = []
        tf.tidy(() => {
          const outputs = evaluate(graph, [...inputs, ...bound].map(toTensor))
          // A copy: the cpu backend hands out its own array, which may be an argument's.
          for (const output of outputs) {
            const host = fromTensor(output)
            results.push({ ...host, data: host.data.slice() })
          }
        })
        return Promise.resolve(results)
      }
    }),
  profile: (graph, inputs, runs) => {
    const tensors = inputs.map(toTensor)
    try {
      return Promise.resolve(profileByClock(() => computeAll(graph, tensors), runs))
    } finally {
      tf.dispose(tensors)
    }
  }
}
