/** Stage 4: log densities, importance weights, repair, and the problem on which weights work. */
import type { MlpParams } from '@bdl/nn'
import type { CanonicalStage } from '../canonical.js'
import { logJoints } from '../convergence.js'
import { generateWithDensity } from '../fields/generate.js'
import { repair, weigh } from '../importance.js'
import { countOf, fromRows, sliceOf } from '../networks.js'
import { stageKey } from '../posterior.js'
import type { HmcDraws } from '../posterior.js'
import { toyStage } from '../toy.js'
import type { Stage } from '../../progress.js'
import { staged } from '../../stages.js'
import { addMethod, generation, watch } from './context.js'
import type { Run } from './context.js'
import { gaussianRows } from './generator-stages.js'
import type { Generators } from './generator-stages.js'

/** Stage 4: densities, importance weights, repair, and the problem where weights work. */
export const weights = async (run: Run, forms: CanonicalStage, hmc: HmcDraws, arms: Generators): Promise<MlpParams> => {
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
