// Comparison of tensors with expected numbers: |actual - expected| <= atol + rtol |expected|, entry by entry.
import type * as tf from '@tensorflow/tfjs-core'
import type { Nested, Tolerance } from './fixture.js'

export type Comparable = tf.Tensor | Nested | Float32Array | Float64Array | Int32Array

interface Flat {
  readonly data: readonly number[]
  readonly shape?: readonly number[]
}

const isTensor = (x: Comparable): x is tf.Tensor => typeof x === 'object' && 'dataId' in x

const isNested = (x: Comparable): x is Nested => typeof x === 'number' || Array.isArray(x)

/** Numbers of nested arrays, row-major. */
export const flattenNested = (nested: Nested): readonly number[] =>
  typeof nested === 'number' ? [nested] : nested.flatMap((child) => flattenNested(child))

/** Shape of nested arrays, by their first entries. */
export const shapeOfNested = (nested: Nested): readonly number[] =>
  typeof nested === 'number' ? [] : [nested.length, ...(nested[0] === undefined ? [] : shapeOfNested(nested[0]))]

const flat = (x: Comparable): Flat => {
  if (isTensor(x)) return { data: Array.from(x.dataSync()), shape: x.shape }
  return isNested(x) ? { data: flattenNested(x), shape: shapeOfNested(x) } : { data: Array.from(x) }
}

const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))

/** Error in units of what is allowed: at most 1 passes. Infinities and NaN must be met exactly. */
const excess = (actual: number, expected: number, { atol, rtol }: Tolerance): number => {
  if (isSame(actual, expected)) return 0
  const allowed = atol + rtol * Math.abs(expected)
  const ratio = Math.abs(actual - expected) / allowed
  return Number.isFinite(expected) && !Number.isNaN(ratio) ? ratio : Infinity
}

const indexText = (i: number, shape: readonly number[]): string => {
  const index = shape.reduceRight<{ rest: number; at: readonly number[] }>(
    ({ rest, at }, n) => ({ rest: Math.floor(rest / n), at: [rest % n, ...at] }),
    { rest: i, at: [] }
  ).at
  return `[${index.join(', ')}]`
}

/**
 * Fails unless |actual - expected| <= atol + rtol |expected| everywhere; the message names the worst entry.
 * Shapes must agree where both sides have one (flat typed arrays have none).
 */
export const expectClose = (actual: Comparable, expected: Comparable, tolerance: Tolerance, what = ''): void => {
  const a = flat(actual)
  const e = flat(expected)
  const name = what === '' ? '' : `${what}: `
  const shapesDiffer = a.shape !== undefined && e.shape !== undefined && a.shape.join() !== e.shape.join()
  if (shapesDiffer || a.data.length !== e.data.length)
    throw new Error(
      `${name}shape [${a.shape?.join() ?? a.data.length}], expected [${e.shape?.join() ?? e.data.length}]`
    )
  const ratios = a.data.map((x, i) => excess(x, e.data[i]!, tolerance))
  const worst = ratios.reduce((best, r, i) => (r > ratios[best]! ? i : best), 0)
  if ((ratios[worst] ?? 0) <= 1) return
  const count = ratios.filter((r) => r > 1).length
  throw new Error(
    `${name}${count} of ${ratios.length} entries differ; worst at ${indexText(worst, a.shape ?? e.shape ?? [ratios.length])}: ` +
      `${a.data[worst]}, expected ${e.data[worst]} (${ratios[worst]!.toPrecision(3)} times the tolerance, ` +
      `atol ${tolerance.atol}, rtol ${tolerance.rtol})`
  )
}
