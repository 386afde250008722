/** What must hold of every density, learnt well or not: it is one, and draws follow it. */
import type { Section } from '@bdl/report'
import { decimal, plural } from '../../report/words.js'
import type { Evaluation, Results } from '../results.js'

/** Of an integral from one. */
const MASS_TOLERANCE = 0.01
/** Total variation may exceed what chance leaves by this share of it, and by this much: cells are integrated by few points. */
const CHANCE = 1.25
const SLACK = 0.01

export interface Gate {
  readonly model: string
  readonly set: string
  readonly what: 'mass' | 'draws'
  readonly value: number
  readonly bound: number
  readonly passes: boolean
}

const gatesOfOne = (model: string, set: string, { mass, agreement }: Evaluation): readonly Gate[] => {
  const bound = CHANCE * agreement.expected + SLACK
  const off = Math.abs(mass - 1)
  return [
    { model, set, what: 'mass', value: mass, bound: MASS_TOLERANCE, passes: off <= MASS_TOLERANCE },
    { model, set, what: 'draws', value: agreement.distance, bound, passes: agreement.distance <= bound }
  ]
}

export const gatesOf = ({ sets, models }: Results): readonly Gate[] =>
  sets.flatMap(({ name, truth }) => [
    ...gatesOfOne('truth', name, truth),
    ...models.flatMap((model) => {
      const evaluation = model.evaluations.get(name)
      return evaluation === undefined ? [] : gatesOfOne(model.name, name, evaluation)
    })
  ])

const failure = ({ model, set, what, value, bound }: Gate): string =>
  what === 'mass'
    ? `- **${model}** on ${set}: the density integrates to ${decimal(value, 4)}`
    : `- **${model}** on ${set}: draws and density differ by ${decimal(value, 3)} in total variation, bound ${decimal(bound, 3)}`

export const gatesSection = (results: Results, gates: readonly Gate[]): Section | null => {
  if (gates.length === 0) return null
  const failed = gates.filter(({ passes }) => !passes)
  const masses = gates.filter(({ what }) => what === 'mass').map(({ value }) => Math.abs(value - 1))
  const verdict =
    failed.length === 0
      ? `All ${gates.length} gates pass.`
      : `${plural(failed.length, 'gate')} of ${gates.length} ${failed.length === 1 ? 'fails' : 'fail'}:\n\n${failed.map(failure).join('\n')}`
  return {
    heading: 'Are they densities?',
    prose:
      `Every density is integrated over a square of ten times the width of its pictures, and must give 1 within 1 %; the worst here is off by ${decimal(100 * Math.max(...masses), 2)} %. ` +
      'Histograms of draws must agree with the density, cell by cell, up to what chance leaves.\n\n' +
      verdict,
    tables: [
      {
        caption: 'Integral of each density',
        columns: [{ name: 'model' }, ...results.sets.map(({ title }) => ({ name: title, digits: 4 }))],
        rows: results.models.map(({ title, evaluations }) => [
          title,
          ...results.sets.map(({ name }) => evaluations.get(name)?.mass ?? null)
        ])
      }
    ]
  }
}
