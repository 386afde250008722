/**
 * One table, many laws: for each primitive, derivatives of first and second order equal finite differences in float64,
 * eager = float64 reference, compiled = eager (NaN and ±inf too), and vmap = a loop over members for every choice of
 * batched operands, also of gradients and under them.
 */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap, wasmEngine, type Engine, type EngineName, type InAxis } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph } from '../src/graph/graph'
import {
  curvatureOf,
  exactly,
  expectNear,
  expectSameTensors,
  finiteDifferences,
  gradientOf,
  graphFor,
  hostOf,
  lossOf,
  slopeOf,
  tensorOf,
  type Row
} from './support/laws'
import { rows } from './support/primitive-rows'

/** Our WebAssembly twice: few elements written out in locals, and everything in loops over memory. */
const engines: readonly (readonly [name: string, engine: EngineName | Engine])[] = [
  ['onnx', 'onnx'],
  ['wasm', 'wasm'],
  ['wasm, in memory', wasmEngine({ unrolled: 0 })]
]

const opsIn = (graph: Graph): readonly string[] =>
  graph.nodes.flatMap(({ primitive, attrs }) => [
    primitive.name,
    ...(primitive.subgraphs?.(attrs) ?? []).flatMap(opsIn)
  ])

const titled = rows.map((row, i) => ({ title: `${row.primitive}${row.label && `, ${row.label}`} (${i})`, row }))

const isPrimitive = (x: unknown): x is { readonly name: string } =>
  typeof x === 'object' &&
  x !== null &&
  'name' in x &&
  'infer' in x &&
  'eager' in x &&
  'batch' in x &&
  'onnx' in x &&
  'reference' in x

test('every primitive has a row, and every row records its primitive', async () => {
  const modules = await Promise.all(
    Object.values(import.meta.glob<object>('../src/primitives/**/*.ts')).map((load) => load())
  )
  const names = new Set(modules.flatMap((module) => Object.values(module).filter(isPrimitive)).map(({ name }) => name))
  expect(names.size).toBeGreaterThan(70)
  const covered = new Set(rows.map(({ primitive }) => primitive))
  expect([...names].filter((name) => !covered.has(name))).toEqual([])
  for (const { title, row } of titled)
    expect(opsIn(graphFor((...xs) => [row.f(...xs)], row.args)), title).toContain(row.primitive)
})

describe('derivatives equal finite differences, in float64', () => {
  test.each(titled.filter(({ row }) => row.differentiable))('$title', ({ row }) => {
    const inputs = row.args.map((arg) => hostOf(arg))
    const check = (what: string, derivative: Graph, scalar: Graph): void =>
      evaluateReference(derivative, inputs).forEach((g, k) =>
        expectNear(`${what} ${k}`, g.data, finiteDifferences(scalar, inputs)[k]!, 1e-6)
      )
    check(
      'gradient',
      graphFor(gradientOf(row), row.args),
      graphFor((...xs) => [lossOf(row)(...xs)], row.args)
    )
    check(
      'second order',
      graphFor(curvatureOf(row), row.args),
      graphFor((...xs) => [slopeOf(row)(...xs)], row.args)
    )
  })
})

/** Value, gradient and Hessian times a direction, as far as they exist. */
const everything =
  (row: Row) =>
  (...xs: tf.Tensor[]): readonly tf.Tensor[] => [
    row.f(...xs),
    ...(row.differentiable ? [...gradientOf(row)(...xs), ...curvatureOf(row)(...xs)] : [])
  ]

describe('eager = float64 reference, compiled = eager', () => {
  test.each(titled)('$title', async ({ row }) => {
    const inputs = row.args.map((arg) => hostOf(arg))
    const tensors = inputs.map(tensorOf)
    const graph = graphFor(everything(row), row.args)
    const eager = everything(row)(...tensors)
    evaluateReference(graph, inputs).forEach(({ shape, dtype, data }, k) => {
      expect([eager[k]!.shape, eager[k]!.dtype]).toEqual([shape, dtype])
      expectNear(`eager ${k}`, eager[k]!.dataSync(), data, row.tolerance)
    })
    for (const [name, engine] of engines) {
      const compiled = jit((...xs: tf.Tensor[]) => everything(row)(...xs), { engine })
      expectSameTensors(name, await compiled(...tensors), eager, row.tolerance)
      await compiled.dispose()
    }
  })
})

const EDGES = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 2, -2, 2.5, 1e-8, 40, -40, 100, -100]

describe('compiled = eager at NaN, ±inf, ±0 and far out', () => {
  test.each(titled.filter(({ row }) => row.special))('$title', async ({ row }) => {
    const n = EDGES.length
    const args =
      row.args.length === 1
        ? [exactly([n], 'float32', EDGES)]
        : [exactly([n, 1], 'float32', EDGES), exactly([1, n], 'float32', EDGES)]
    const tensors = args.map((arg) => tensorOf(hostOf(arg)))
    const want = row.f(...tensors).dataSync()
    const at = (i: number): readonly number[] =>
      row.args.length === 1 ? [EDGES[i]!] : [EDGES[Math.floor(i / n)]!, EDGES[i % n]!]
    for (const [name, engine] of engines) {
      const compiled = jit((...xs: tf.Tensor[]) => row.f(...xs), { engine })
      const got = (await compiled(...tensors)).dataSync()
      const wrong = Array.from(want).flatMap((b, i) => {
        const a = got[i]!
        const agree = Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-5 * Math.abs(b) + row.absolute
        return agree || row.except(...at(i)) ? [] : [`${at(i).join()}: ${name} ${a}, eager ${b}`]
      })
      expect(wrong).toEqual([])
      await compiled.dispose()
    }
  })
})

const MEMBERS = 3

const choices = (n: number): readonly (readonly InAxis[])[] =>
  Array.from({ length: 2 ** n - 1 }, (_, k) => Array.from({ length: n }, (_, i) => (((k + 1) >> i) & 1 ? 0 : null)))

describe('vmap = a loop over members, with gradients inside and outside', () => {
  test.each(titled)('$title', async ({ row }) => {
    const floats = row.args.map(({ dtype }) => dtype === 'float32')
    for (const axes of choices(row.args.length)) {
      const members = Array.from({ length: MEMBERS }, (_, m) =>
        row.args.map((arg, i) => tensorOf(hostOf(arg, axes[i] === 0 ? m : 0)))
      )
      const stacked = row.args.map((_, i) => (axes[i] === 0 ? tf.stack(members.map((xs) => xs[i]!)) : members[0]![i]!))
      const where = `axes ${axes.join()}`
      const batched = vmap((...xs: tf.Tensor[]) => row.f(...xs), axes)
      const wanted = [tf.stack(members.map((xs) => row.f(...xs)))]
      const programs: ((...xs: tf.Tensor[]) => readonly tf.Tensor[])[] = [(...xs) => [batched(...xs)]]
      if (row.differentiable) {
        const gradients = members.map((xs) => gradientOf(row)(...xs))
        wanted.push(...gradients[0]!.map((_, k) => tf.stack(gradients.map((own) => own[k]!))))
        programs.push(vmap((...xs: tf.Tensor[]) => gradientOf(row)(...xs), axes))
        const inFloats = axes.filter((_, i) => floats[i])
        wanted.push(
          ...gradients[0]!.map((_, k) => {
            const all = tf.stack(gradients.map((own) => own[k]!))
            return inFloats[k] === 0 ? all : tf.sum(all, 0)
          })
        )
        programs.push((...xs) =>
          grad((some: readonly tf.Tensor[]) => {
            const rest = [...some]
            return tf.sum(
              vmap(
                (...own: tf.Tensor[]) => lossOf(row)(...own),
                axes
              )(...xs.map((x, i) => (floats[i] ? rest.shift()! : x)))
            )
          })(xs.filter((_, i) => floats[i]))
        )
      }
      const all = (...xs: tf.Tensor[]): readonly tf.Tensor[] => programs.flatMap((program) => [...program(...xs)])
      expectSameTensors(`eager, ${where}`, all(...stacked), wanted, row.tolerance)
      for (const [name, engine] of engines) {
        const compiled = jit(all, { engine })
        expectSameTensors(`${name}, ${where}`, await compiled(...stacked), wanted, row.tolerance)
        await compiled.dispose()
      }
    }
  })
})
