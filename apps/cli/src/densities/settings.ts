/** Every number that the comparison depends on. Steps are counted, never timed: the same seed gives the same report. */

/** Kinds of training, which differ in what a step costs. */
export type Effort = 'layered' | 'spline' | 'likelihood' | 'regression' | 'pairing' | 'denoising'

export interface Settings {
  readonly seed: number
  /** Points to learn from, and to judge by. */
  readonly train: number
  readonly test: number
  /** Cells along a side of the window. */
  readonly cells: number
  /** Draws of every model: for the histogram and the picture. */
  readonly draws: number
  readonly batchSize: Readonly<Record<Effort, number>>
  /** Optimiser steps, and their largest rate. */
  readonly steps: Readonly<Record<Effort, number>>
  readonly learningRate: Readonly<Record<Effort, number>>
  /** Decay of the moving average of parameters, which is what is evaluated. */
  readonly averageDecay: number
  /** Hidden widths of every network. */
  readonly hidden: readonly number[]
  /** Runge-Kutta steps of continuous flows while they are trained by likelihood. */
  readonly trainingSteps: number
  /** Of the solver that evaluates continuous flows, absolute and relative. */
  readonly tolerance: number
}

export const fullSettings: Omit<Settings, 'seed'> = {
  train: 10_000,
  test: 5000,
  cells: 100,
  draws: 20_000,
  batchSize: { layered: 256, spline: 256, likelihood: 128, regression: 256, pairing: 128, denoising: 256 },
  steps: { layered: 1500, spline: 1000, likelihood: 700, regression: 10_000, pairing: 6000, denoising: 10_000 },
  learningRate: { layered: 3e-3, spline: 5e-3, likelihood: 5e-3, regression: 3e-3, pairing: 3e-3, denoising: 2e-3 },
  averageDecay: 0.99,
  hidden: [64, 64, 64],
  trainingSteps: 8,
  tolerance: 1e-4
}

/** Every model on every set within a minute, with worse numbers. */
export const quickSettings: Omit<Settings, 'seed'> = {
  ...fullSettings,
  train: 2000,
  test: 1000,
  cells: 50,
  draws: 5000,
  steps: { layered: 100, spline: 50, likelihood: 50, regression: 200, pairing: 100, denoising: 200 },
  learningRate: { layered: 1e-2, spline: 2e-2, likelihood: 1e-2, regression: 1e-2, pairing: 1e-2, denoising: 1e-2 },
  averageDecay: 0.9,
  hidden: [32, 32],
  trainingSteps: 6,
  tolerance: 1e-3
}
