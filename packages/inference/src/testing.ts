/**
 * The laws of a kernel, as checks that any test runner can run: what `runChains` relies on, and invariance. Reads tensors;
 * not traceable.
 *
 * @example for (const { name, check } of kernelLaws(mine, { key: key(0), position })) test(name, check)
 */
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { describeDef, flatten, leaves, scoped, split, splitStack, stackTrees, toHostSync, unstackTree } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Kernel } from './kernel.js'

export interface Law {
  readonly name: string
  /** Throws an `Error` that says what differs. */
  readonly check: () => void
}

export type KernelLawOptions<P extends Tree> = {
  readonly key: Key
  /** Where a transition can start. */
  readonly position: P
  /** Largest difference of numbers that should agree, absolute and relative; 1e-4. */
  readonly tolerance?: number
  /** For samplers that leave a law invariant: exact draws of it, leaves [n, ...], and a scalar of a position to compare. */
  readonly invariance?: {
    readonly exact: (key: Key, n: number) => P
    readonly statistic: (position: P) => tf.Tensor
    /** Chains; 5000. */
    readonly draws?: number
  }
}

const fail = (what: string): never => {
  throw new Error(what)
}

const formOf = (tree: Tree): string => {
  const [all, def] = flatten(tree)
  return `${describeDef(def)} of ${all.map((t) => `${t.dtype}[${t.shape.join(',')}]`).join(' ')}`
}

const expectNear = (what: string, actual: Tree, expected: Tree, tolerance: number): void => {
  if (formOf(actual) !== formOf(expected)) fail(`${what}: ${formOf(actual)}, expected ${formOf(expected)}`)
  const others = leaves(expected)
  leaves(actual).forEach((leaf, k) => {
    const [a, e] = [toHostSync(leaf).data, toHostSync(others[k]!).data]
    const at = a.findIndex((v, i) => !(Object.is(v, e[i]) || Math.abs(v - e[i]!) <= tolerance * (1 + Math.abs(e[i]!))))
    if (at >= 0) fail(`${what}: leaf ${k}, entry ${at} is ${a[at]}, expected ${e[at]}`)
  })
}

/** Live tensors grow by what is returned, and none of it is an argument. */
const ownershipLaw = <T extends Tree>(what: string, given: Tree, body: () => T): T => {
  const before = tf.memory().numTensors
  const result = body()
  const grown = tf.memory().numTensors - before
  if (grown !== leaves(result).length)
    fail(`${what}: ${leaves(result).length} tensors returned, ${grown} more are alive`)
  if (leaves(result).some((t) => leaves(given).includes(t))) fail(`${what}: a result is an argument`)
  if (leaves(given).some((t) => t.isDisposed)) fail(`${what}: an argument was disposed`)
  return result
}

/** Two-sample Kolmogorov-Smirnov statistic, scaled so that it has Kolmogorov's law. */
const scaledDistance = (a: Float64Array, b: Float64Array): number => {
  const [x, y] = [a.slice().sort(), b.slice().sort()]
  let [i, j, worst] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i]!, y[j]!)
    while (i < x.length && x[i]! <= at) i++
    while (j < y.length && y[j]! <= at) j++
    worst = Math.max(worst, Math.abs(i / x.length - j / y.length))
  }
  return worst * Math.sqrt((x.length * y.length) / (x.length + y.length))
}

/** A right kernel exceeds this once in 10⁶ keys: Kolmogorov's tail 2 exp(−2 t²). */
const LIMIT = 2.7

const invarianceLaw = <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree>(
  kernel: Kernel<P, S, I>,
  key: Key,
  { exact, statistic, draws = 5000 }: NonNullable<KernelLawOptions<P>['invariance']>
): void => {
  const [keyStart, keyFresh, keyStep] = split(key, 3) as readonly [Key, Key, Key]
  const [after, fresh] = scoped(() => {
    const moved = vmap(kernel.step)(splitStack(keyStep, draws), vmap(kernel.init)(exact(keyStart, draws)))[0]
    return [vmap(statistic)(moved.position), vmap(statistic)(exact(keyFresh, draws))] as const
  })
  const distance = scaledDistance(toHostSync(after).data, toHostSync(fresh).data)
  if (!(distance <= LIMIT)) fail(`invariance: scaled distance ${distance}, expected at most ${LIMIT}`)
}

/**
 * The laws: `init` keeps the position; a step keeps the state's form, depends on key and state alone, and under `vmap` a
 * batch is its members; nothing leaks; and, where exact draws are given, one transition leaves their law as it was.
 */
export const kernelLaws = <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree>(
  kernel: Kernel<P, S, I>,
  options: KernelLawOptions<P>
): readonly Law[] => {
  const { key, position, tolerance = 1e-4, invariance } = options
  const laws: Law[] = [
    {
      name: 'init keeps the position',
      check: () => expectNear('position', kernel.init(position).position, position, 0)
    },
    {
      name: 'a step keeps the form of the state and is a function of its arguments',
      check: () => {
        const state = kernel.init(position)
        const [next, info] = kernel.step(key, state)
        if (formOf(next) !== formOf(state)) fail(`state: ${formOf(next)}, expected ${formOf(state)}`)
        expectNear('the same step again', [...kernel.step(key, state)], [next, info], 0)
      }
    },
    {
      name: 'a batch is its members',
      check: () => {
        const keys = splitStack(key, 3)
        const state = kernel.init(position)
        const batch = vmap(kernel.step)(keys, stackTrees([state, state, state]))
        const single = unstackTree(keys).map((own) => kernel.step(own, state))
        expectNear('batch', [...batch], stackTrees<Tree>(single.map((pair) => [...pair])), tolerance)
      }
    },
    {
      name: 'nothing leaks, and results are no arguments',
      check: () => {
        const state = ownershipLaw('init', position, () => kernel.init(position))
        ownershipLaw('step', [state, key], () => [...kernel.step(key, state)])
      }
    }
  ]
  if (invariance !== undefined)
    laws.push({ name: 'exact draws stay exact', check: () => invarianceLaw(kernel, key, invariance) })
  return laws
}
