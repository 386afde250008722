/** ONNX Runtime merges equal nodes and orders them as it likes: what it really keeps in memory is measured. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { grad, leaves, onnxEngine, remat, scan, valueAndGrad, type Tree } from '../src/index'
import { emitOnnx } from '../src/emit/onnx-model'
import type { Graph, Shape } from '../src/graph/graph'
import { optimise } from '../src/passes/optimise'
import { traceGraph } from '../src/trace/trace-graph'
import { wave } from './support/graphs'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bdl-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const [ROWS, WIDTH, BLOCKS, LAYERS] = [8192, 64, 8, 6]
const ACTIVATION = ROWS * WIDTH * 4

type Gradient = (weights: readonly tf.Tensor[], x: tf.Tensor) => Tree

/** Of a function of so many weights and a batch. */
const optimised = (f: Gradient, count: number): { readonly graph: Graph; readonly shapes: readonly Shape[] } => {
  const shapes = [...Array.from({ length: count }, () => [WIDTH, WIDTH]), [ROWS, WIDTH]]
  const { graph } = traceGraph(
    (...all) => leaves(f(all.slice(0, count), all[count]!)),
    shapes.map((shape) => ({ shape, dtype: 'float32' })),
    'test'
  )
  return { graph: optimise(graph).graph, shapes }
}

/** Bytes alive at one time in a run of the compiled function, in activations. */
const residentOf = (f: Gradient, count: number): number => {
  const { graph, shapes } = optimised(f, count)
  const model = emitOnnx(graph)
  const file = join(folder, 'model.onnx')
  writeFileSync(file, model.bytes)
  writeFileSync(`${file}.json`, JSON.stringify(model.inputNames.map((name, i) => [name, shapes[i]])))
  const script = join(import.meta.dirname, 'support', 'resident-memory.mjs')
  return Number(execFileSync(process.execPath, [script, file], { encoding: 'utf8' })) / ACTIVATION
}

const layer = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.tanh(tf.matMul(x, w))
const block = (x: tf.Tensor, ...weights: readonly tf.Tensor[]): tf.Tensor => weights.reduce(layer, x)

const network =
  (wrap: (f: typeof block) => typeof block) =>
  (weights: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor => {
    let y = x
    for (let i = 0; i < BLOCKS; i++) y = wrap(block)(y, ...weights.slice(i * LAYERS, (i + 1) * LAYERS))
    return tf.sum(tf.square(y))
  }

test('a network of blocks under remat: less than half the memory', () => {
  const [plain, under] = [network((f) => f), network((f) => remat(f))].map((f) => residentOf(grad(f), BLOCKS * LAYERS))
  expect(plain).toBeGreaterThan(BLOCKS * LAYERS)
  expect(under).toBeLessThan(0.5 * plain!)
})

/** One remat for each of many scalars that are summed: their cotangents are all the constant 1. */
const heads =
  (wrap: (f: typeof block) => typeof block) =>
  (weights: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor => {
    const value = wrap((at, ...own) => tf.sum(tf.square(block(at, ...own))))
    const values = Array.from({ length: BLOCKS }, (_, i) => value(x, ...weights.slice(i * LAYERS, (i + 1) * LAYERS)))
    return tf.addN(values)
  }

/** How many layers ONNX Runtime computes in a run. */
const layersRun = async (f: Gradient, count: number): Promise<number> => {
  const { graph, shapes } = optimised(f, count)
  const profile = await onnxEngine().profile!(
    graph,
    shapes.map((shape) => wave(shape)),
    1
  )
  return profile!.kernels.reduce((n, { op, calls }) => n + (/Tanh/.test(op) || op === 'FusedGemm' ? calls : 0), 0)
}

test('heads under remat, whose cotangents are constants, are computed again all the same', async () => {
  const count = BLOCKS * LAYERS
  expect(await layersRun(valueAndGrad(heads((f) => f)), count)).toBe(count)
  expect(await layersRun(valueAndGrad(heads((f) => remat(f))), count)).toBe(2 * count)
})

test('a recurrent network of 64 turns with 8 carries saved and 8 computed: less than half the memory', () => {
  const recurrent =
    (checkpoint: 'all' | 'sqrt') =>
    ([w]: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor => {
      const step: (c: tf.Tensor) => readonly [tf.Tensor, readonly []] = (c) => [layer(c, w!), []]
      return tf.sum(scan(step, x, [], { length: 64, checkpoint })[0])
    }
  const [all, some] = (['all', 'sqrt'] as const).map((checkpoint) => residentOf(grad(recurrent(checkpoint)), 1))
  expect(all).toBeGreaterThan(64)
  expect(some).toBeLessThan(0.5 * all!)
})
