/** Stages 1 and 2: the posterior by several methods, and its canonical form. */
import { canonicalStage } from '../canonical.js'
import type { CanonicalStage } from '../canonical.js'
import { convergenceOf, logJoints } from '../convergence.js'
import { onlyOne } from '../networks.js'
import { ensembleDraws, hmcDraws, meanFieldDraws, sghmcDraws, stageKey } from '../posterior.js'
import type { Draws, HmcDraws } from '../posterior.js'
import { staged } from '../../stages.js'
import { addMethod, watch } from './context.js'
import type { Run } from './context.js'

const addTiming = (run: Run, name: string, draws: Draws): void =>
  void run.results.timings.push({ name, seconds: draws.seconds, networks: draws.chains * draws.drawsPerChain })

const addConvergence = async (run: Run, name: string, draws: Draws): Promise<string> => {
  const joint = await logJoints(run.problem, draws.positions)
  const facts = await convergenceOf(run.problem, draws, joint)
  const trace = Array.from({ length: Math.min(8, draws.chains) }, (_, c) =>
    Array.from(joint.subarray(c * draws.drawsPerChain, (c + 1) * draws.drawsPerChain), (v) => Number(v.toPrecision(7)))
  )
  run.results.convergence.push({ name, facts, trace })
  return `${facts.rhat ? `R-hat ≤ ${facts.rhat.max.toFixed(3)}, ` : ''}log joint ${facts.logJoint.mean.toFixed(0)}`
}

/** Stage 1. */
export const posterior = async (run: Run): Promise<HmcDraws> => {
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
export const canonical = (run: Run, hmc: HmcDraws): Promise<CanonicalStage> =>
  staged(run, 'canonical weights', async (stage) => {
    const result = await canonicalStage(run.problem, run.settings, hmc, stageKey(run.root, 5), (done) =>
      stage.update(done, 5)
    )
    run.results.canonical = result.facts
    run.results.projections = result.projections
    const { raw, canonical: best } = result.facts.forms
    return [result, `barrier ${raw.barrier.mean.toFixed(2)} -> ${best.barrier.mean.toFixed(2)}`]
  })
