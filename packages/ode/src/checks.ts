/** What `solve` refuses, with what to do about it. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectEvery, isTensor, leaves, type Tree } from '@bdl/core'
import type { Control } from './control.js'
import type { Solver } from './solver.js'

export const refuse = (argument: string, expected: string, got: string, hint?: string): never => {
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'solve',
    argument,
    expected,
    got,
    ...(hint !== undefined && { hint })
  })
}

/** A time or a list of times. */
export type Times = readonly number[] | tf.Tensor

export const isTensorTimes = (times: Times): times is tf.Tensor => !Array.isArray(times)

const expectTime = (name: string, t: number | tf.Tensor): void => {
  if (typeof t === 'number') {
    if (!Number.isFinite(t)) refuse(name, 'a finite number or a scalar tensor', String(t))
    return
  }
  if (t.rank !== 0) refuse(name, 'a finite number or a scalar tensor', `rank ${t.rank}`)
  expectEvery('solve', name, t, 'a finite number', Number.isFinite)
}

/** From t0 to t1 without turning back. @error InvalidArgument */
export const expectOrdered = (argument: string, t0: number, t1: number, times: readonly number[]): void => {
  const direction = Math.sign(t1 - t0)
  const path = [t0, ...times, t1]
  const isOrdered = path.every((t, i) => i === 0 || (t - path[i - 1]!) * direction >= 0)
  if (isOrdered) return
  const shown = times.length > 8 ? `${times.slice(0, 8).join(', ')}, ...` : times.join(', ')
  refuse(
    argument,
    `times in the order of integration from ${t0} to ${t1}`,
    `[${shown}]`,
    'Sort them, and leave out those outside'
  )
}

/** Times that the host knows are checked here; traced ones cannot be. */
export const checkTimes = (t0: number | tf.Tensor, t1: number | tf.Tensor, saves: Times | undefined): void => {
  expectTime('t0', t0)
  expectTime('t1', t1)
  if (saves !== undefined && isTensorTimes(saves) && saves.rank !== 1)
    refuse('saveAt', 'times [m]', `[${saves.shape.join(', ')}]`)
  if (typeof t0 !== 'number' || typeof t1 !== 'number') return
  if (t0 === t1) refuse('t1', `a time other than t0 = ${t0}`, String(t1), 'The solution there is y0')
  if (saves !== undefined && !isTensorTimes(saves)) expectOrdered('saveAt', t0, t1, saves)
}

/** Given steps lead from t0 to t1. */
export const checkGiven = (t0: number | tf.Tensor, t1: number | tf.Tensor, control: Control): void => {
  if (control.kind !== 'given' || isTensorTimes(control.times)) return
  if (typeof t0 !== 'number' || typeof t1 !== 'number') return
  const { times } = control
  const [first, last] = [times[0], times[times.length - 1]]
  if (first !== t0 || last !== t1)
    refuse('control', `given steps from t0 = ${t0} to t1 = ${t1}`, `from ${String(first)} to ${String(last)}`)
  expectOrdered('control', t0, t1, times)
}

export const checkState = (y0: Tree): void => {
  const all = leaves(y0)
  if (all.length === 0 || all.every((leaf) => leaf.size === 0)) refuse('y0', 'at least one number', 'an empty tree')
  all.forEach((leaf) => expectEvery('solve', 'y0', leaf, 'finite numbers', Number.isFinite))
}

/** The mask of positions of a state { q, p }, a tree like it. @error InvalidArgument for another state */
export const positionsOf = (y0: Tree): Tree => {
  const isRecord = typeof y0 === 'object' && !Array.isArray(y0) && !isTensor(y0)
  if (!isRecord || Object.keys(y0).sort().join() !== 'p,q')
    return refuse('y0', 'a record { q, p } of positions and momenta for a symplectic method', 'another tree')
  const { q, p } = y0 as { readonly q: Tree; readonly p: Tree }
  return { q: leaves(q).map((leaf) => tf.onesLike(leaf)), p: leaves(p).map((leaf) => tf.zerosLike(leaf)) }
}

export const expectSolver = (solver: Solver, control: Control): void => {
  if (control.kind === 'adaptive' && !solver.hasError)
    refuse(
      'solver',
      'a method with an error estimate for adaptive steps',
      solver.name,
      'Give fixedSteps(n) or givenSteps(times), or take dopri5'
    )
}
