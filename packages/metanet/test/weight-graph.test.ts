// M1: the graph of a relabelled network is the relabelled graph, and the graph holds all of the network.
import * as tf from '@tensorflow/tfjs-core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { graphWeights, standardisationOf, weightGraph } from '../src/index'
import type { MlpParams } from '@bdl/nn'
import { largestDifference, network, numbers, permuted, stacked } from './support/networks'

const SIZES = [3, 5, 4, 2]

describe('weightGraph', () => {
  test('node and edge blocks, input units without a bias', () => {
    const net = network(SIZES, 1)
    const { nodes, edges } = weightGraph(net, [network(SIZES, 2)])
    expect(nodes.map((layer) => layer.shape)).toEqual([
      [3, 2],
      [5, 2],
      [4, 2],
      [2, 2]
    ])
    expect(edges.map((block) => block.shape)).toEqual([
      [3, 5, 2],
      [5, 4, 2],
      [4, 2, 2]
    ])
    expect(numbers(nodes[0]!).every((x) => x === 0)).toBe(true)
  })

  test('of a permuted network: rows and columns of the graph in the new order', () => {
    const net = network(SIZES, 3)
    const orders = [
      [2, 0, 4, 1, 3],
      [3, 1, 0, 2]
    ]
    const g = orders.map((p) => ({ permutation: Int32Array.from(p), scale: new Float64Array(p.length).fill(1) }))
    const before = weightGraph(net)
    const after = weightGraph(permuted(net, g))
    const identity = (n: number) => Array.from({ length: n }, (_, i) => i)
    const order = [identity(3), ...orders, identity(2)]
    after.nodes.forEach((layer, l) => expect(largestDifference(layer, tf.gather(before.nodes[l]!, order[l]!))).toBe(0))
    after.edges.forEach((block, l) =>
      expect(largestDifference(block, tf.gather(tf.gather(before.edges[l]!, order[l]!, 0), order[l + 1]!, 1))).toBe(0)
    )
  })

  test('weights -> graph -> weights is the identity, standardised too, eager and compiled, stacked too', async () => {
    const stack = stacked([network(SIZES, 4), network(SIZES, 5)])
    const standardisation = standardisationOf(stack)
    const there = (w: MlpParams) => graphWeights(weightGraph(w))
    const scaled = (w: MlpParams) => graphWeights(weightGraph(w, [], standardisation), standardisation)
    for (const net of [network(SIZES, 6), stack]) {
      for (const back of await eagerAndCompiled(there, [net])) expect(largestDifference(back, net)).toBe(0)
      for (const back of await eagerAndCompiled(scaled, [net]))
        expectClose(numbers(back), numbers(net), { atol: 1e-6, rtol: 1e-6 })
    }
  })

  test('standardised blocks have mean 0 and variance 1; constant blocks stay finite', () => {
    const nets = stacked([network(SIZES, 7), network(SIZES, 8)]).map(({ w, b }) => ({ w, b: tf.zerosLike(b) }))
    const graph = weightGraph(nets, [], standardisationOf(nets))
    graph.edges.forEach((block) => {
      const { mean, variance } = tf.moments(block)
      expect(mean.dataSync()[0]).toBeCloseTo(0, 5)
      expect(variance.dataSync()[0]).toBeCloseTo(1, 5)
    })
    graph.nodes.forEach((layer) => expect(numbers(layer).every((x) => x === 0)).toBe(true))
  })

  test('nothing leaks, and wrong structures are named', () => {
    const net = network(SIZES, 9)
    expectNoLeak(() => weightGraph(net))
    expectNoLeak(() => standardisationOf(net))
    const graph = weightGraph(net)
    expectNoLeak(() => graphWeights(graph))
    expect(() => weightGraph(net, [network([3, 5, 4, 1], 1)])).toThrow(/further\[0\]\[2\]/)
    expect(() => weightGraph(net, [], standardisationOf(network([3, 2], 1)))).toThrow(/3 layers, got 1/)
  })
})
