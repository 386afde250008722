/** The job from data to results: each stage adds to the results, so that an interrupted run still has a report. */
import * as tf from '@tensorflow/tfjs-core'
import { key as keyOf, scoped } from '@bdl/core'
import type { Key } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import type { Reporter, Stage } from '../progress.js'
import { dispersion, fitGaussianArm, nearestRatio, splitByChain, trainGated, trainMetanet } from './arms.js'
import type { ArmInputs, Collection, GaussianArm } from './arms.js'
import { canonicalStage } from './canonical.js'
import type { CanonicalStage } from './canonical.js'
import { convergenceOf, logJoints, mean } from './convergence.js'
import { evaluate } from './evaluate.js'
import { generate, generateWithDensity } from './fields/generate.js'
import type { GenerateOptions } from './fields/generate.js'
import { repair, weigh } from './importance.js'
import type { Watch } from './job.js'
import { fromRows, onlyOne, sliceOf, countOf, toRows } from './networks.js'
import { ensembleDraws, hmcDraws, meanFieldDraws, sghmcDraws, stageKey } from './posterior.js'
import type { Draws, HmcDraws } from './posterior.js'
import type { Problem } from './problem.js'
import type { ArmFacts, Results } from './results.js'
import type { Settings } from './settings.js'
import { toyStage } from './toy.js'

interface Run {
  readonly problem: Problem
  readonly settings: Settings
  readonly reporter: Reporter
  readonly signal: AbortSignal
  readonly results: Results
  readonly root: Key
}

/** Thrown between stages when the user has asked to stop; never seen by the user. */
class Interrupted extends Error {}

const watch = (run: Run, stage: Stage): Watch => ({
  signal: run.signal,
  onProgress: ({ done, total }) => stage.update(done, total)
})

/** A stage with its bar; stops the job at its end if the user has asked for that. */
const staged = async <T>(run: Run, name: string, body: (stage: Stage) => Promise<readonly [T, string]>): Promise<T> => {
  if (run.signal.aborted) throw new Interrupted()
  const stage = run.reporter.stage(name)
  const [result, note] = await body(stage)
  stage.finish(run.signal.aborted ? 'stopped' : note)
  if (run.signal.aborted) throw new Interrupted()
  return result
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const addMethod = async (run: Run, name: string, positions: MlpParams): Promise<string> => {
  const evaluation = await evaluate(run.problem, positions)
  run.results.methods.push({ name, evaluation })
  const { accuracy, nll } = evaluation.scores
  return `accuracy ${percent(accuracy)}, NLL ${nll.toFixed(3)}`
}

const addTiming = (run: Run, name: string, draws: Draws): void =>
  void run.results.timings.push({ name, seconds: draws.seconds, networks: draws.chains * draws.drawsPerChain })

const addConvergence = async (run: Run, name: string, draws: Draws): Promise<string> => {
  const joint = await logJoints(run.problem, draws.positions)
  const facts = await convergenceOf(run.problem, draws, joint)
  const trace = Array.from({ length: Math.min(8, draws.chains) }, (_, c) =>
    Array.from(joint.subarray(c * draws.drawsPerChain, (c + 1) * draws.drawsPerChain), (v) => Number(v.toPrecision(7)))
  )
  run.results.convergence.push({ name, facts, trace })
  return `log joint ${facts.logJoint.mean.toFixed(0)}${facts.rhat ? `, R-hat ${facts.rhat.max.toFixed(3)} at most` : ''}`
}

/** Stage 1. */
const posterior = async (run: Run): Promise<HmcDraws> => {
  const { problem, settings, root } = run
  await staged(run, `${settings.members} maxima (ensemble, MAP)`, async (stage) => {
    const draws = await ensembleDraws(problem, settings, stageKey(root, 1), watch(run, stage))
    addTiming(run, 'ensemble', draws)
    await addMethod(run, 'MAP', onlyOne(draws.positions))
    return [undefined, await addMethod(run, 'ensemble', draws.positions)]
  })
  await staged(run, 'mean-field VI', async (stage) => {
    const draws = await meanFieldDraws(problem, settings, stageKey(root, 2), 512, watch(run, stage))
    addTiming(run, 'mean-field VI', draws)
    run.results.elbo = draws.elbo
    return [undefined, await addMethod(run, 'mean-field VI', draws.positions)]
  })
  const hmc = await staged(run, `HMC, ${settings.members} chains`, async (stage) => {
    const draws = await hmcDraws(problem, settings, stageKey(root, 3), watch(run, stage))
    if (!draws.isComplete) return [draws, '']
    addTiming(run, 'HMC', draws)
    run.results.sampler = { stepSize: draws.stepSize, acceptance: draws.acceptance, divergences: draws.divergences }
    await addMethod(run, 'HMC', draws.positions)
    return [draws, await addConvergence(run, 'HMC', draws)]
  })
  await staged(run, `SGHMC, ${settings.members} chains`, async (stage) => {
    const draws = await sghmcDraws(problem, settings, stageKey(root, 4), watch(run, stage))
    if (!draws.isComplete) return [undefined, '']
    addTiming(run, 'SGHMC', draws)
    await addMethod(run, 'SGHMC', draws.positions)
    return [undefined, await addConvergence(run, 'SGHMC', draws)]
  })
  return hmc
}

/** Stage 2. */
const canonical = (run: Run, hmc: HmcDraws): Promise<CanonicalStage> =>
  staged(run, 'canonical weights', async (stage) => {
    const result = await canonicalStage(run.problem, run.settings, hmc, stageKey(run.root, 5), (done) =>
      stage.update(done, 5)
    )
    run.results.canonical = result.facts
    run.results.projections = result.projections
    const { raw, canonical: best } = result.facts.forms
    return [
      result,
      `barrier ${raw.barrier.mean.toFixed(2)} -> ${best.barrier.mean.toFixed(2)}, logits moved by ${result.facts.logitChange.toExponential(0)}`
    ]
  })

const addArm = async (
  run: Run,
  collection: Collection,
  rows: tf.Tensor,
  facts: Pick<ArmFacts, 'name' | 'form' | 'seesData' | 'curve' | 'bestStep'>
): Promise<string> => {
  const positions = fromRows(run.problem.sizes, rows)
  const { scores } = await evaluate(run.problem, positions)
  run.results.arms.push({
    ...facts,
    one: scores.one,
    average: { accuracy: scores.accuracy, nll: scores.nll },
    logJoint: mean(await logJoints(run.problem, positions)),
    dispersion: dispersion(rows, collection.train),
    nearestRatio: await nearestRatio(rows, collection)
  })
  tf.dispose(positions.flatMap(({ w, b }) => [w, b]))
  return `one network ${percent(scores.one.accuracy)}, average ${percent(scores.accuracy)}`
}

const generation = (run: Run, stage: Stage, stageNumber: number): GenerateOptions => ({
  ...watch(run, stage),
  key: stageKey(run.root, stageNumber),
  count: run.settings.flow.generated,
  dim: run.problem.dim,
  sourceScale: run.problem.priorScale,
  steps: run.settings.flow.sampleSteps
})

const gaussianRows = async (run: Run, arm: GaussianArm, stageNumber: number): Promise<tf.Tensor> => {
  const draws = arm.fit.posterior.sample(stageKey(run.root, stageNumber), [run.settings.flow.generated])
  const rows = toRows(draws)
  tf.dispose(draws.flatMap(({ w, b }) => [w, b]))
  return rows
}

type FormName = 'raw' | 'aligned' | 'canonical'

/** Stage 3: every arm, on raw and canonical weights. */
const generators = async (run: Run, hmc: HmcDraws, forms: CanonicalStage) => {
  const { settings, problem } = run
  const share = settings.flow.trainShare
  const collections: Readonly<Record<FormName, Collection>> = {
    raw: splitByChain(hmc.positions, hmc, share),
    aligned: splitByChain(forms.aligned, hmc, share),
    canonical: splitByChain(forms.canonical, hmc, share)
  }
  const inputs = (form: FormName, stage: Stage, stageNumber: number): ArmInputs => ({
    ...watch(run, stage),
    problem,
    settings,
    collection: collections[form],
    key: stageKey(run.root, stageNumber)
  })
  await staged(run, 'held-out posterior networks', async () => {
    const { heldOut } = collections.canonical
    const rows = tf.slice(heldOut, [0, 0], [Math.min(settings.flow.generated, heldOut.shape[0]!), -1])
    return [
      undefined,
      await addArm(run, collections.canonical, rows, {
        name: 'held-out posterior',
        form: 'canonical',
        seesData: true,
        curve: [],
        bestStep: null
      })
    ]
  })
  const gaussians = await staged(run, 'Gaussian fits', async () => {
    const fits = {
      raw: await fitGaussianArm(collections.raw),
      aligned: await fitGaussianArm(collections.aligned),
      canonical: await fitGaussianArm(collections.canonical)
    }
    let note = ''
    for (const form of ['raw', 'canonical'] as const) {
      const rows = await gaussianRows(run, fits[form], form === 'raw' ? 10 : 11)
      note = await addArm(run, collections[form], rows, {
        name: 'Gaussian',
        form,
        seesData: false,
        curve: [],
        bestStep: null
      })
      rows.dispose()
    }
    return [fits, note]
  })
  // eigenvectors are found one after the other while the metanets train; an interrupted job does not wait for them
  const canonicalSpectrum = gaussians.canonical.spectrum(run.signal)
  const spectra = {
    canonical: canonicalSpectrum,
    aligned: canonicalSpectrum.then(() => gaussians.aligned.spectrum(run.signal))
  }
  Object.values(spectra).forEach((spectrum) => spectrum.catch(() => undefined))
  const metanet = async (form: FormName, seesData: boolean, steps: number, stageNumber: number) =>
    staged(run, `metanet${seesData ? ' + data gradient' : ''}, ${form}`, async (stage) => {
      const name = seesData ? 'metanet + data gradient' : 'metanet, weights only'
      const trained = await trainMetanet(inputs(form, stage, stageNumber), {
        name,
        seesData,
        isAligned: form !== 'raw',
        steps
      })
      const rows = await generate(trained, generation(run, stage, stageNumber + 1))
      const note = await addArm(run, collections[form], rows, {
        name,
        form,
        seesData,
        curve: trained.curve,
        bestStep: trained.bestStep
      })
      return [{ trained, rows }, note]
    })
  const gated = async (form: 'canonical' | 'aligned', stageNumber: number) =>
    staged(run, `Gaussian field + gradient, ${form}`, async (stage) => {
      const name = 'Gaussian field + gated gradient'
      const trained = await trainGated(inputs(form, stage, stageNumber), gaussians[form], spectra[form])
      const rows = await generate(trained, generation(run, stage, stageNumber + 1))
      const note = await addArm(run, collections[form], rows, {
        name,
        form,
        seesData: true,
        curve: trained.curve,
        bestStep: trained.bestStep
      })
      return [{ trained, rows }, note]
    })
  const plain = await metanet('canonical', false, settings.flow.plainSteps, 20)
  plain.rows.dispose()
  const onRaw = await metanet('raw', true, Math.ceil(settings.flow.metanetSteps / 2), 22)
  onRaw.rows.dispose()
  const best = await metanet('canonical', true, settings.flow.metanetSteps, 24)
  const gatedCanonical = await gated('canonical', 30)
  const gatedAligned = await gated('aligned', 32)
  return { gaussians, gatedCanonical, gatedAligned, best }
}

/** Stage 4: densities, importance weights, repair, and the problem where weights work. */
const weights = async (
  run: Run,
  forms: CanonicalStage,
  hmc: HmcDraws,
  arms: Awaited<ReturnType<typeof generators>>
): Promise<MlpParams> => {
  const { settings, problem, results } = run
  const densitySettings = (stage: Stage, stageNumber: number) => ({
    ...generation(run, stage, stageNumber),
    steps: settings.flow.densitySteps,
    probes: settings.flow.probes
  })
  const networks = await staged(run, `${settings.flow.generated} networks with log densities`, async (stage) => {
    const drawn = await generateWithDensity(arms.best.trained, densitySettings(stage, 40))
    const positions = fromRows(problem.sizes, drawn.networks)
    const joint = await logJoints(problem, positions)
    results.generated = {
      arm: arms.best.trained.field.name,
      logDensity: Array.from(drawn.logDensity),
      standardError: Array.from(drawn.standardError),
      logJoint: Array.from(joint)
    }
    results.importance.push({
      name: 'metanet + data gradient, canonical',
      facts: await weigh(problem, drawn, forms.references.canonical)
    })
    drawn.networks.dispose()
    return [positions, await addMethod(run, 'generated', positions)]
  })
  await staged(run, 'importance weights, aligned chart', async (stage) => {
    const drawn = await generateWithDensity(arms.gatedAligned.trained, densitySettings(stage, 41))
    const facts = await weigh(problem, drawn, forms.references.aligned)
    results.importance.push({ name: 'Gaussian field + gated gradient, aligned', facts })
    drawn.networks.dispose()
    return [undefined, `ESS ${facts.ess.toFixed(1)} of ${facts.networks}`]
  })
  const mended = async (name: string, start: MlpParams, stageNumber: number): Promise<void> =>
    staged(run, `repair by HMC, ${name}`, async (stage) => {
      const few = sliceOf(start, 0, Math.min(countOf(start), Math.ceil(settings.flow.generated / 2)))
      const rows = await repair(problem, settings, few, {
        ...watch(run, stage),
        key: stageKey(run.root, stageNumber),
        stepSize: hmc.stepSize
      })
      results.repairs.push({ name, rows })
      const last = rows.at(-1)!
      return [
        undefined,
        `log joint ${rows[0]!.logJoint.toFixed(0)} -> ${last.logJoint.toFixed(0)} in ${last.transitions}`
      ]
    })
  await mended('metanet + data gradient', networks, 42)
  await mended('gated gradient', fromRows(problem.sizes, arms.gatedCanonical.rows), 43)
  await mended('Gaussian', fromRows(problem.sizes, await gaussianRows(run, arms.gaussians.canonical, 11)), 44)
  await staged(run, 'sixteen weights', async (stage) => {
    results.toy = await toyStage(settings, stageKey(run.root, 50), watch(run, stage))
    const { flow } = results.toy
    return [undefined, `ESS ${flow.ess.toFixed(0)} of ${flow.networks}`]
  })
  return networks
}

/** Runs every stage; returns early, with what there is, when the signal fires. */
export const runJob = async (options: Omit<Run, 'root'>): Promise<void> => {
  const run: Run = { ...options, root: scoped(() => keyOf(options.settings.seed)) }
  try {
    const hmc = await posterior(run)
    const forms = await canonical(run, hmc)
    const arms = await generators(run, hmc, forms)
    await weights(run, forms, hmc, arms)
    run.results.isComplete = true
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
  }
}
