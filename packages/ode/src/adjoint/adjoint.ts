/** How gradients of a solve are computed. */
import { BdlError, expectInteger } from '@bdl/core'
import type { Control } from '../control.js'
import type { Solver } from '../solver.js'

/** Through the steps that were taken. */
export interface DirectAdjoint {
  readonly kind: 'direct'
  /** Which states are kept for the way back, as in `scan`; default 'sqrt' for adaptive steps, else 'all'. */
  readonly checkpoint?: 'all' | 'sqrt' | number
}

/** By the continuous adjoint equation, solved backwards. */
export interface ContinuousAdjoint {
  readonly kind: 'backsolve' | 'interpolated'
  /** Method of the way back; default that of the way there. */
  readonly solver?: Solver
  /** Default that of the way there. */
  readonly control?: Control
}

export type Adjoint = DirectAdjoint | ContinuousAdjoint

/**
 * Gradients of the discrete solution, through its steps; those of adaptive control are found first, then held.
 * @param options `checkpoint`: 'all' keeps the state before every step, 'sqrt' one in √steps, a number one in so many
 * @error InvalidArgument if `checkpoint` is a number but no integer >= 1
 */
export const direct = (options: Omit<DirectAdjoint, 'kind'> = {}): DirectAdjoint => {
  if (typeof options.checkpoint === 'number') expectInteger('direct', { checkpoint: options.checkpoint }, 1)
  return { kind: 'direct', ...options }
}

/**
 * The continuous adjoint, with the state solved backwards beside it: memory does not grow with the steps. Where a flow
 * contracts strongly its way back loses digits; it starts anew from each save time.
 * @source Chen et al. 2018, arXiv:1806.07366
 */
export const backsolve = (options: Omit<ContinuousAdjoint, 'kind'> = {}): ContinuousAdjoint => ({
  kind: 'backsolve',
  ...options
})

/**
 * The continuous adjoint along the state of the way there, which is read off its dense output: stable where backsolve is
 * not, in memory for every step.
 * @source Hindmarsh et al. 2005, SUNDIALS, doi:10.1145/1089014.1089020 (CVODES)
 */
export const interpolated = (options: Omit<ContinuousAdjoint, 'kind'> = {}): ContinuousAdjoint => ({
  kind: 'interpolated',
  ...options
})

export const adjointOf = (given: Adjoint | Adjoint['kind']): Adjoint => {
  if (typeof given !== 'string') return given
  return given === 'direct' ? direct() : given === 'backsolve' ? backsolve() : interpolated()
}

/** The way back needs a method whose steps know nothing of positions and momenta, and a control without times of its own. */
export const expectContinuous = (adjoint: ContinuousAdjoint, solver: Solver, control: Control): void => {
  const refuse = (argument: string, expected: string, got: string, hint: string): never => {
    throw new BdlError({ code: 'InvalidArgument', fn: 'solve', argument, expected, got, hint })
  }
  const [method, steps] = [adjoint.solver ?? solver, adjoint.control ?? control]
  if (method.isSymplectic)
    refuse(
      'adjoint',
      `a method for the ${adjoint.kind} adjoint`,
      method.name,
      "Take 'direct', or give it { solver: tsit5 }"
    )
  if (steps.kind === 'given')
    refuse('adjoint', `fixed or adaptive steps for the ${adjoint.kind} adjoint`, 'given steps', "Take 'direct'")
  if (steps.kind === 'adaptive' && !method.hasError)
    refuse(
      'adjoint',
      'a method with an error estimate for adaptive steps',
      method.name,
      'Give it { control: fixedSteps(n) }'
    )
}
