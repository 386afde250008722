/** Runs a graph in plain TypeScript and float64: the truth that other engines are held against. Slow. */
import type { NdArray } from '../graph/graph.js'
import { evaluateReference } from '../graph/evaluate.js'
import { profileByClock } from './clock-profile.js'
import { noReport, type Engine } from './engine.js'

export const referenceEngine: Engine = {
  name: 'reference',
  compile: (graph, bound) =>
    Promise.resolve({
      report: noReport('reference', graph),
      dispose: () => Promise.resolve(),
      run: (inputs) => {
        const outputs = evaluateReference(graph, [...inputs, ...bound])
        return Promise.resolve(outputs.map((output): NdArray => ({ ...output, data: output.data.slice() })))
      }
    }),
  profile: (graph, inputs, runs) => Promise.resolve(profileByClock(() => void evaluateReference(graph, inputs), runs))
}
