/** Every number that the job depends on. Steps are counted, never timed: the same seed gives the same report. */

export interface Settings {
  readonly seed: number
  /** Ensemble members, and chains of each sampler. */
  readonly members: number
  /** Width of the hidden layer. */
  readonly hidden: number
  /** Standard deviation σ of the Gaussian prior on every weight and bias. */
  readonly priorScale: number
  /** Adam with a cosine schedule on the log joint, full batch. */
  readonly map: { readonly steps: number; readonly learningRate: number }
  readonly meanField: { readonly steps: number; readonly samples: number; readonly learningRate: number }
  readonly hmc: {
    readonly warmup: number
    readonly transitions: number
    readonly thin: number
    readonly leapfrogSteps: number
    /** Adam steps that bring the chains into the bulk before warm-up. */
    readonly approach: number
  }
  readonly sghmc: {
    readonly stepSize: number
    readonly momentum: number
    readonly batchSize: number
    readonly cycles: number
    readonly cycleLength: number
    readonly floor: number
  }
  /** Networks that are averaged for a row of scores, at most. */
  readonly averaged: number
  readonly barriers: { readonly pairs: number; readonly points: number }
  readonly flow: {
    /** Share of the chains whose draws train; the others judge. */
    readonly trainShare: number
    readonly gatedSteps: number
    readonly metanetSteps: number
    /** Of the field that sees only the weights. */
    readonly plainSteps: number
    readonly batch: number
    /** Heun steps from prior to posterior: for samples, and for log densities. */
    readonly sampleSteps: number
    readonly densitySteps: number
    /** Hutchinson probes per log density. */
    readonly probes: number
    /** Networks to generate. */
    readonly generated: number
  }
  /** HMC transitions after which generated networks are looked at. */
  readonly repair: readonly number[]
  readonly toy: {
    readonly warmup: number
    readonly transitions: number
    readonly flowSteps: number
    readonly samples: number
    readonly heunSteps: number
  }
}

/**
 * The settings of the full run.
 *
 * σ = 0.5 is a compromise: larger values have the better validation NLL for averages (0.7, 1.0), but at 0.5 one network
 * drawn from the posterior is as good, chains mix faster, and generating weights is easier.
 */
export const fullSettings: Settings = {
  seed: 0,
  members: 32,
  hidden: 16,
  priorScale: 0.5,
  map: { steps: 800, learningRate: 0.02 },
  meanField: { steps: 3000, samples: 8, learningRate: 0.01 },
  hmc: { warmup: 80, transitions: 192, thin: 2, leapfrogSteps: 30, approach: 200 },
  sghmc: { stepSize: 1e-4, momentum: 0.9, batchSize: 100, cycles: 4, cycleLength: 4000, floor: 0.3 },
  averaged: 512,
  barriers: { pairs: 300, points: 11 },
  flow: {
    trainShare: 0.75,
    gatedSteps: 400,
    metanetSteps: 600,
    plainSteps: 120,
    batch: 32,
    sampleSteps: 16,
    densitySteps: 16,
    probes: 4,
    generated: 256
  },
  repair: [1, 3, 10],
  toy: { warmup: 200, transitions: 400, flowSteps: 1500, samples: 4096, heunSteps: 64 }
}

/** A run that shows every stage in under half a minute; its numbers are worse, and the report says so. */
export const quickSettings: Settings = {
  ...fullSettings,
  members: 16,
  map: { ...fullSettings.map, steps: 200 },
  meanField: { ...fullSettings.meanField, steps: 200, samples: 4 },
  hmc: { warmup: 20, transitions: 32, thin: 1, leapfrogSteps: 12, approach: 150 },
  sghmc: { ...fullSettings.sghmc, cycles: 2, cycleLength: 600 },
  averaged: 128,
  barriers: { pairs: 60, points: 7 },
  flow: {
    ...fullSettings.flow,
    gatedSteps: 40,
    metanetSteps: 20,
    plainSteps: 10,
    sampleSteps: 6,
    densitySteps: 6,
    probes: 1,
    generated: 32
  },
  repair: [1, 3],
  toy: { warmup: 60, transitions: 60, flowSteps: 200, samples: 512, heunSteps: 16 }
}
