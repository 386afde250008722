/** Stage 3: every generator, on raw and canonical weights. */
import * as tf from '@tensorflow/tfjs-core'
import { dispersion, fitGaussianArm, nearestRatio, splitByChain, trainGated, trainMetanet } from '../arms.js'
import type { ArmInputs, Collection, GaussianArm } from '../arms.js'
import type { CanonicalStage } from '../canonical.js'
import { logJoints, mean } from '../convergence.js'
import { evaluate } from '../evaluate.js'
import { generate } from '../fields/generate.js'
import { fromRows, toRows } from '../networks.js'
import { stageKey } from '../posterior.js'
import type { HmcDraws } from '../posterior.js'
import type { ArmFacts } from '../results.js'
import type { Stage } from '../../progress.js'
import { staged } from '../../stages.js'
import { generation, percent, watch } from './context.js'
import type { Run } from './context.js'

const addArm = async (
  run: Run,
  collection: Collection,
  rows: tf.Tensor,
  facts: Pick<ArmFacts, 'name' | 'form' | 'seesData' | 'curve' | 'bestStep'>
): Promise<string> => {
  const positions = fromRows(run.problem.sizes, rows)
  const { scores } = await evaluate(run.problem, positions, run.settings.averaged)
  run.results.arms.push({
    ...facts,
    one: scores.one,
    average: { accuracy: scores.accuracy, nll: scores.nll },
    logJoint: mean(await logJoints(run.problem, positions)),
    dispersion: dispersion(rows, collection.train),
    nearestRatio: await nearestRatio(rows, collection)
  })
  tf.dispose(positions.flatMap(({ w, b }) => [w, b]))
  return `one ${percent(scores.one.accuracy)}, average ${percent(scores.accuracy)}`
}

export const gaussianRows = async (run: Run, arm: GaussianArm, stageNumber: number): Promise<tf.Tensor> => {
  const draws = arm.fit.posterior.sample(stageKey(run.root, stageNumber), [run.settings.flow.generated])
  const rows = toRows(draws)
  tf.dispose(draws.flatMap(({ w, b }) => [w, b]))
  return rows
}

type FormName = 'raw' | 'aligned' | 'canonical'

/** Stage 3: every arm, on raw and canonical weights. */
export const generators = async (run: Run, hmc: HmcDraws, forms: CanonicalStage) => {
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
  const onRaw = await metanet('raw', true, Math.ceil(settings.flow.metanetSteps / 3), 22)
  onRaw.rows.dispose()
  const best = await metanet('canonical', true, settings.flow.metanetSteps, 24)
  const gatedCanonical = await gated('canonical', 30)
  const gatedAligned = await gated('aligned', 32)
  return { gaussians, gatedCanonical, gatedAligned, best }
}

export type Generators = Awaited<ReturnType<typeof generators>>
