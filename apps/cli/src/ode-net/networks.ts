/** The two classifiers: between the same first and last layers, an equation or residual blocks with as many weights. */
import type * as tf from '@tensorflow/tfjs-core'
import { leaves } from '@bdl/core'
import type { Learnable, Tree } from '@bdl/core'
import { concatLayer, odeBlock, velocityNetwork } from '@bdl/flows'
import type { Velocity } from '@bdl/flows'
import { dense, residualBlock, sequential } from '@bdl/nn'
import type { Dense, MlpParams } from '@bdl/nn'
import { adaptive, euler, fixedSteps } from '@bdl/ode'
import type { Control, Solver } from '@bdl/ode'
import type { Settings } from './settings.js'

export interface Shape {
  readonly inputs: number
  readonly classes: number
}

/** Logits [n, classes] of rows [n, inputs]. */
export type Classify = (x: tf.Tensor) => tf.Tensor

export type OdeNetParams = readonly [stem: Dense, field: readonly Dense[], head: Dense]
export type ResidualParams = readonly [stem: Dense, blocks: readonly MlpParams[], head: Dense]

/** More steps than a trained block ever takes: the gradient's buffers are as long. */
export const MAX_STEPS = 256

export const fieldOf = ({ width, hidden }: Settings): Learnable<readonly Dense[], Velocity> =>
  velocityNetwork({ dimension: width, hidden: [hidden], layer: concatLayer })

const stemOf = ({ inputs }: Shape, { width }: Settings) => dense({ inputs, outputs: width })
const headOf = ({ classes }: Shape, { width }: Settings) => dense({ inputs: width, outputs: classes })

/** How an equation is solved. */
export interface How {
  readonly solver?: Solver
  readonly control: Control
}

export const toTolerance = (tolerance: number): How => ({
  control: adaptive({ rtol: tolerance, atol: tolerance, maxSteps: MAX_STEPS })
})

/** Each step of Euler's method is a residual block, x + f(t, x) / steps, with the weights of all the others. */
export const inEulerSteps = (steps: number): How => ({ solver: euler, control: fixedSteps(steps) })

/** Stem, dx/dt = f(t, x) from 0 to 1 with the backward solve as its gradient, head. */
export const odeNet = (shape: Shape, settings: Settings, how: How): Learnable<OdeNetParams, Classify> => {
  const block = odeBlock({ field: fieldOf(settings), ...how, adjoint: 'backsolve' })
  return sequential(stemOf(shape, settings), block, headOf(shape, settings))
}

/** Weights of an affine layer. */
const affine = (inputs: number, outputs: number): number => (inputs + 1) * outputs

/** The hidden width with which `blocks` residual blocks have as many weights as the field, or nearly. */
export const residualHidden = ({ width, hidden, blocks }: Settings): number => {
  const field = affine(width + 1, hidden) + affine(hidden + 1, width)
  return Math.max(1, Math.round((field / blocks - width) / (2 * width + 1)))
}

export const residualNet = (shape: Shape, settings: Settings): Learnable<ResidualParams, Classify> => {
  const { width, blocks } = settings
  const all = Array.from({ length: blocks }, () => residualBlock({ size: width, hidden: residualHidden(settings) }))
  return sequential(stemOf(shape, settings), sequential(...all), headOf(shape, settings))
}

export const weightCount = (params: Tree): number => leaves(params).reduce((sum, leaf) => sum + leaf.size, 0)
