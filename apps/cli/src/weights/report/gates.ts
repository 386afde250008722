/** What a run has to reach, judged by its own numbers: a gate that fails is shown as failed. */
import type { Section } from '@bdl/report'
import type { RepairRow } from '../importance.js'
import type { ArmFacts, Results } from '../results.js'
import { decimal, scientific } from '../../report/words.js'

export interface Gate {
  readonly name: string
  /** What was measured, in the unit of the name. */
  readonly value: number
  readonly relation: '≤' | '≥' | '<'
  readonly bound: number
  readonly passes: boolean
}

const gate = (name: string, value: number, relation: Gate['relation'], bound: number): Gate => ({
  name,
  value,
  relation,
  bound,
  passes: relation === '≥' ? value >= bound : relation === '≤' ? value <= bound : value < bound
})

const convergenceGates = ({ convergence }: Results): readonly Gate[] => {
  const factsOf = (name: string) => convergence.find((sampler) => sampler.name === name)?.facts
  const [hmc, sghmc] = [factsOf('HMC'), factsOf('SGHMC')]
  if (!hmc) return []
  const { mean, firstHalf, secondHalf } = hmc.logJoint
  const halves = Math.max(Math.abs(firstHalf - mean), Math.abs(secondHalf - mean))
  return [
    gate('HMC: log joint of either half of the draws from their mean (nats)', halves, '≤', 3),
    ...(hmc.rhat ? [gate('HMC: largest R-hat', hmc.rhat.max, '<', 1.05)] : []),
    ...(sghmc ? [gate('SGHMC: log joint from that of HMC (nats)', Math.abs(sghmc.logJoint.mean - mean), '≤', 30)] : [])
  ]
}

const canonicalGates = ({ canonical }: Results): readonly Gate[] => {
  if (!canonical) return []
  const { raw, aligned, canonical: best } = canonical.forms
  return [
    gate('canonical weights: largest change of a logit', canonical.logitChange, '<', 1e-4),
    gate('aligned units: loss barrier, of the raw one', aligned.barrier.mean / raw.barrier.mean, '≤', 0.45),
    gate('canonical weights: total variance, of the raw one', best.variance / raw.variance, '≤', 0.7)
  ]
}

/** Gates on generated digits: how good a network can be depends on the data. */
const armGates = ({ arms }: Results): readonly Gate[] => {
  const gaussian = (form: ArmFacts['form']) => arms.find((arm) => arm.name === 'Gaussian' && arm.form === form)
  const [raw, canonical] = [gaussian('raw'), gaussian('canonical')]
  const fields = arms.filter((arm) => arm.seesData && arm.form === 'canonical' && arm.bestStep !== null)
  return [
    ...(raw && canonical
      ? [
          gate(
            'Gaussian: accuracy of one network, canonical above raw',
            canonical.one.accuracy - raw.one.accuracy,
            '≥',
            0.05
          )
        ]
      : []),
    ...fields.flatMap((arm) => [
      gate(`${arm.name}: accuracy of one network`, arm.one.accuracy, '≥', 0.75),
      gate(`${arm.name}: accuracy of the average`, arm.average.accuracy, '≥', 0.95),
      gate(`${arm.name}: dispersion from 1`, Math.abs(arm.dispersion - 1), '≤', 0.1)
    ])
  ]
}

/** After how many transitions a repaired flow has to be level with the chains. */
const REPAIRED_AFTER = 10

const repairGates = ({ repairs, convergence }: Results): readonly Gate[] => {
  const hmc = convergence.find(({ name }) => name === 'HMC')?.facts.logJoint.mean
  const after = (rows: readonly RepairRow[], transitions: number): number | undefined =>
    rows.find((row) => row.transitions === transitions)?.logJoint
  const rowsOf = (name: string) => repairs.find((repair) => repair.name === name)?.rows ?? []
  const first = { gated: after(rowsOf('gated gradient'), 1), gaussian: after(rowsOf('Gaussian'), 1) }
  return [
    ...repairs
      .filter(({ name }) => name !== 'Gaussian')
      .flatMap(({ name, rows }) => {
        const end = after(rows, REPAIRED_AFTER)
        return end === undefined || hmc === undefined
          ? []
          : [
              gate(
                `${name}, ${REPAIRED_AFTER} transitions: log joint from that of HMC (nats)`,
                Math.abs(end - hmc),
                '≤',
                10
              )
            ]
      }),
    ...(first.gated === undefined || first.gaussian === undefined
      ? []
      : [
          gate(
            'one transition: log joint of the gated field above the Gaussian (nats)',
            first.gated - first.gaussian,
            '≥',
            500
          )
        ])
  ]
}

const shiftGates = ({ methods }: Results): readonly Gate[] => {
  const aurocOf = (method: string): number | undefined =>
    methods
      .find(({ name }) => name === method)
      ?.evaluation.scores.shifted.find(({ name }) => name.startsWith('rotated'))?.entropyAuroc
  const [hmc, map] = [aurocOf('HMC'), aurocOf('MAP')]
  return hmc === undefined || map === undefined
    ? []
    : [gate('rotated inputs: AUROC of entropy, HMC above MAP', hmc - map, '≥', 0.15)]
}

/** The name of the bundled data set, for which the gates on quality were set. */
const DIGITS = 'digits'

/** Gates whose numbers exist. Those on the quality of networks hold for the digits alone. */
export const gatesOf = (results: Results, dataName: string): readonly Gate[] => [
  ...convergenceGates(results),
  ...canonicalGates(results),
  ...(dataName === DIGITS ? [...armGates(results), ...repairGates(results), ...shiftGates(results)] : [])
]

/** Thousandths are enough for a share, tenths for nats: rounding is for reading and does not enter the judgement. */
const shown = (value: number): string => {
  const size = Math.abs(value)
  if (size > 0 && size < 1e-3) return scientific(value)
  return decimal(value, size < 10 ? 3 : 1)
}

export const gatesSection = (gates: readonly Gate[]): Section | null => {
  if (gates.length === 0) return null
  const failed = gates.filter(({ passes }) => !passes).length
  return {
    heading: 'Gates',
    prose:
      'What a full run on the digits has to reach, with margin; a shorter run, other settings or other data may well fail some. ' +
      `This run passes **${gates.length - failed} of ${gates.length}** gates.`,
    tables: [
      {
        columns: [{ name: 'gate' }, { name: 'value' }, { name: 'bound' }, { name: '' }],
        rows: gates.map(({ name, value, relation, bound, passes }) => [
          name,
          shown(value),
          `${relation} ${bound < 1e-3 ? scientific(bound) : bound}`,
          passes ? 'passed' : '**failed**'
        ])
      }
    ]
  }
}
