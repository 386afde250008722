/**
 * Forward mode, held to the same table as reverse mode. For each primitive: tangents equal finite differences in float64;
 * forward is the transpose of reverse; forward of reverse, reverse of forward and forward of forward agree with reverse of
 * reverse; all of it eagerly, compiled, under vmap and over it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, jvp, vmap, type InAxis } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import type { NdArray } from '../src/graph/graph'
import type { Primitive } from '../src/primitives/primitive'
import {
  curvatureOf,
  expectNear,
  expectSameTensors,
  floatsOf,
  gradientOf,
  graphFor,
  hostOf,
  slopeOf,
  tensorOf,
  weightsFor,
  withFloats,
  type Row
} from './support/laws'
import { rows } from './support/primitive-rows'

type Many = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

const titled = rows
  .filter(({ differentiable, forwardOnly }) => differentiable || forwardOnly)
  .map((row, i) => ({ title: `${row.primitive}${row.label && `, ${row.label}`} (${i})`, row }))

const directionsAt = (floats: readonly tf.Tensor[]): readonly tf.Tensor[] =>
  floats.map((x, i) => weightsFor(x.shape, i + 1))

/** Derivative of `g` in the float32 arguments of the row, along fixed directions. */
const along =
  (row: Row, g: Many): Many =>
  (...xs) => {
    const floats = floatsOf(row, xs)
    const [, tangents] = jvp(
      (own: readonly tf.Tensor[]) => g(...withFloats(row, xs, own)),
      floats,
      directionsAt(floats)
    )
    return tangents
  }

const value =
  (row: Row): Many =>
  (...xs) => [row.f(...xs)]

/** Σ w · tangent, with the weights of `lossOf`: its derivative along the directions. */
const slope =
  (row: Row): Many =>
  (...xs) => {
    const [dy] = along(row, value(row))(...xs)
    return [tf.sum(tf.mul(dy!, weightsFor(dy!.shape, 0)))]
  }

const reverseOf =
  (row: Row, g: Many): Many =>
  (...xs) =>
    grad((floats: readonly tf.Tensor[]) => g(...withFloats(row, xs, floats))[0]!)(floatsOf(row, xs))

const evaluated = (f: Many, row: Row, inputs: readonly NdArray[]): readonly NdArray[] =>
  evaluateReference(graphFor(f, row.args), inputs)

/** x + step · direction, in the float32 arguments. */
const moved = (row: Row, inputs: readonly NdArray[], step: number): readonly NdArray[] => {
  const directions = [...directionsAt(floatsOf(row, inputs.map(tensorOf)))]
  return inputs.map((x) => {
    if (x.dtype !== 'float32') return x
    const direction = directions.shift()!.dataSync()
    return { ...x, data: Float64Array.from(x.data, (v, i) => v + step * direction[i]!) }
  })
}

const STEP = 1e-5

const differences = (f: Many, row: Row, inputs: readonly NdArray[]): readonly (readonly number[])[] => {
  const [above, below] = [STEP, -STEP].map((step) => evaluated(f, row, moved(row, inputs, step)))
  return above!.map((y, k) => Array.from(y.data, (v, i) => (v - below![k]!.data[i]!) / (2 * STEP)))
}

const isPrimitive = (x: unknown): x is Primitive =>
  typeof x === 'object' && x !== null && 'name' in x && 'infer' in x && 'eager' in x && 'batch' in x && 'onnx' in x

test('what has a derivative in reverse mode has one in forward mode', async () => {
  const modules = await Promise.all(
    Object.values(import.meta.glob<object>('../src/{primitives,transforms}/**/*.ts')).map((load) => load())
  )
  const all = modules.flatMap((module) => Object.values(module).filter(isPrimitive))
  expect(all.filter(({ vjp }) => vjp).length).toBeGreaterThan(40)
  expect(all.filter(({ vjp, jvp }) => Boolean(vjp) !== Boolean(jvp)).map(({ name }) => name)).toEqual([])
})

describe('tangents equal finite differences, in float64', () => {
  test.each(titled)('$title', ({ row }) => {
    const inputs = row.args.map((arg) => hostOf(arg))
    const [dy] = evaluated(along(row, value(row)), row, inputs)
    expectNear('tangent', dy!.data, differences(value(row), row, inputs)[0]!, 1e-6)
    const [second] = evaluated(along(row, slope(row)), row, inputs)
    expectNear('second tangent', second!.data, differences(slope(row), row, inputs)[0]!, 1e-6)
  })
})

const reversible = titled.filter(({ row }) => row.differentiable)

describe('forward and reverse agree to rounding, in float64', () => {
  test.each(reversible)('$title', ({ row }) => {
    const inputs = row.args.map((arg) => hostOf(arg))
    const at = (f: Many): readonly NdArray[] => evaluated(f, row, inputs)
    const agree = (what: string, a: readonly NdArray[], b: readonly NdArray[]): void => {
      expect(a.length).toBe(b.length)
      a.forEach(({ data }, k) => expectNear(`${what} ${k}`, data, b[k]!.data, 1e-11))
    }
    agree(
      'transpose',
      at(slope(row)),
      at((...xs) => [slopeOf(row)(...xs)])
    )
    const hessian = at(curvatureOf(row))
    agree('forward of reverse', at(along(row, gradientOf(row))), hessian)
    agree('reverse of forward', at(reverseOf(row, slope(row))), hessian)
    const total = hessian.reduce((sum, { shape, data }, k) => {
      const direction = weightsFor(shape, k + 1).dataSync()
      return Array.from(data).reduce((s, v, i) => s + v * direction[i]!, sum)
    }, 0)
    expectNear('forward of forward', at(along(row, slope(row)))[0]!.data, [total], 1e-11)
  })
})

/** Tangent, and what of second order there is. */
const everything =
  (row: Row): Many =>
  (...xs) => [
    ...along(row, value(row))(...xs),
    ...along(row, slope(row))(...xs),
    ...(row.differentiable ? [...along(row, gradientOf(row))(...xs), ...reverseOf(row, slope(row))(...xs)] : [])
  ]

describe('eager and compiled equal the float64 reference', () => {
  test.each(titled)('$title', async ({ row }) => {
    const inputs = row.args.map((arg) => hostOf(arg))
    const tensors = inputs.map(tensorOf)
    const eager = everything(row)(...tensors)
    evaluated(everything(row), row, inputs).forEach(({ shape, dtype, data }, k) => {
      expect([eager[k]!.shape, eager[k]!.dtype]).toEqual([shape, dtype])
      expectNear(`eager ${k}`, eager[k]!.dataSync(), data, row.tolerance)
    })
    const compiled = jit((...xs: tf.Tensor[]) => everything(row)(...xs))
    expectSameTensors('compiled', await compiled(...tensors), eager, row.tolerance)
    await compiled.dispose()
  })
})

const MEMBERS = 3

const choices = (n: number): readonly (readonly InAxis[])[] =>
  Array.from({ length: 2 ** n - 1 }, (_, k) => Array.from({ length: n }, (_, i) => (((k + 1) >> i) & 1 ? 0 : null)))

/** Tangents of the batched function, each member moving along the same directions. */
const tangentOfBatch =
  (row: Row, axes: readonly InAxis[]): Many =>
  (...xs) => {
    const floatAxes = axes.filter((_, i) => row.args[i]!.dtype === 'float32')
    const floats = floatsOf(row, xs)
    const directions = floats.map((x, i) => {
      const one = weightsFor(floatAxes[i] === 0 ? x.shape.slice(1) : x.shape, i + 1)
      return floatAxes[i] === 0 ? tf.broadcastTo(one, x.shape) : one
    })
    const batched = (own: readonly tf.Tensor[]): tf.Tensor =>
      vmap((...members: tf.Tensor[]) => row.f(...members), axes)(...withFloats(row, xs, own))
    return [jvp(batched, floats, directions)[1]]
  }

describe('vmap of jvp = a loop over members = jvp of vmap', () => {
  test.each(titled)('$title', async ({ row }) => {
    for (const axes of choices(row.args.length)) {
      const members = Array.from({ length: MEMBERS }, (_, m) =>
        row.args.map((arg, i) => tensorOf(hostOf(arg, axes[i] === 0 ? m : 0)))
      )
      const stacked = row.args.map((_, i) => (axes[i] === 0 ? tf.stack(members.map((xs) => xs[i]!)) : members[0]![i]!))
      const want = tf.stack(members.map((xs) => along(row, value(row))(...xs)[0]!))
      const both: Many = (...xs) => [
        ...vmap((...own: tf.Tensor[]) => along(row, value(row))(...own), axes)(...xs),
        ...tangentOfBatch(row, axes)(...xs)
      ]
      const where = `axes ${axes.join()}`
      expectSameTensors(`eager, ${where}`, both(...stacked), [want, want], row.tolerance)
      const compiled = jit(both)
      expectSameTensors(`compiled, ${where}`, await compiled(...stacked), [want, want], row.tolerance)
      await compiled.dispose()
    }
  })
})
