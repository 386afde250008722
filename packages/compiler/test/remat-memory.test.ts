/** ONNX Runtime merges equal nodes and orders them as it likes: what it really keeps in memory is measured. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { grad, remat, scan } from '../src/index'
import { emitOnnx } from '../src/emit/onnx-model'
import { optimise } from '../src/passes/optimise'
import { traceGraph } from '../src/trace/trace-graph'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bdl-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const [ROWS, WIDTH, BLOCKS, LAYERS] = [8192, 64, 8, 4]
const ACTIVATION = ROWS * WIDTH * 4

/** Bytes alive at one time in a run of the compiled gradient, in activations. */
const residentOf = (f: (weights: readonly tf.Tensor[], x: tf.Tensor) => tf.Tensor, count: number): number => {
  const shapes = [...Array.from({ length: count }, () => [WIDTH, WIDTH]), [ROWS, WIDTH]]
  const { graph } = traceGraph(
    (...all) => grad((weights: readonly tf.Tensor[]) => f(weights, all[count]!))(all.slice(0, count)),
    shapes.map((shape) => ({ shape, dtype: 'float32' })),
    'test'
  )
  const model = emitOnnx(optimise(graph).graph)
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
  const plain = residentOf(
    network((f) => f),
    BLOCKS * LAYERS
  )
  const under = residentOf(
    network((f) => remat(f)),
    BLOCKS * LAYERS
  )
  expect(plain).toBeGreaterThan(BLOCKS * LAYERS)
  expect(under).toBeLessThan(0.5 * plain)
})

test('a recurrent network of 64 turns with 8 carries saved and 8 computed: less than half the memory', () => {
  const recurrent =
    (checkpoint: 'all' | 'sqrt') =>
    ([w]: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor => {
      const step: (c: tf.Tensor) => readonly [tf.Tensor, readonly []] = (c) => [layer(c, w!), []]
      return tf.sum(scan(step, x, [], { length: 64, checkpoint })[0])
    }
  const [all, some] = (['all', 'sqrt'] as const).map((checkpoint) => residentOf(recurrent(checkpoint), 1))
  expect(all).toBeGreaterThan(64)
  expect(some).toBeLessThan(0.5 * all!)
})
