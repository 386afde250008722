/** Pictures of one data set: densities, draws, and the way from noise to data. */
import { heatMapChart, trajectoryChart } from '@bdl/report'
import type { Figure, HeatMap, HeatMapRow, Section } from '@bdl/report'
import { decimal } from '../../report/words.js'
import type { Evaluation, Picture, Results, SetResult } from '../results.js'

/** Share of the truth's own cells that are darker than the brightest colour. */
const TOP_QUANTILE = 0.995

/** Masses of cells as densities. */
export const densities = ({ n, values }: Picture, window: number): HeatMap => {
  const area = ((2 * window) / n) ** 2
  return { values: values.map((v) => v / area), rows: n, columns: n }
}

/** The density of the brightest colour in all pictures of a set. */
export const brightest = ({ truth, window }: SetResult): number => {
  const sorted = Float64Array.from(densities(truth.density, window).values).sort()
  return sorted[Math.floor(TOP_QUANTILE * (sorted.length - 1))] ?? 1
}

const HEADINGS = ['density', 'draws', 'noise', '1/4', '1/2', '3/4', 'data'] as const

const rowOf = (name: string, { density, draws, way }: Evaluation, window: number): HeatMapRow => ({
  name,
  maps: [density, draws, ...way].map((picture) => densities(picture, window))
})

const densityFigure = (set: SetResult, { models }: Results): Figure => {
  const rows = [
    { title: 'truth', evaluation: set.truth },
    ...models.flatMap(({ title, evaluations }) => {
      const evaluation = evaluations.get(set.name)
      return evaluation === undefined ? [] : [{ title, evaluation }]
    })
  ]
  const hasWay = rows.some(({ evaluation }) => evaluation.way.length > 0)
  return {
    spec: heatMapChart(
      rows.map(({ title, evaluation }) => rowOf(title, evaluation, set.window)),
      { headings: HEADINGS.slice(0, hasWay ? HEADINGS.length : 2), top: brightest(set), size: 88 }
    ),
    caption:
      `Density and a histogram of draws` +
      (hasWay ? ', and of draws on the way from noise to data at equal steps of time, of models that have one' : '') +
      `. Windows are ${decimal(2 * set.window, 1)} wide; all pictures have one scale of colours, which go with the root of the density.`
  }
}

const waysFigure = (set: SetResult, { models }: Results): readonly Figure[] => {
  const panels = models.flatMap(({ title, evaluations }) => {
    const evaluation = evaluations.get(set.name)
    return evaluation && evaluation.trajectories.length > 0 ? [{ name: title, ways: evaluation.trajectories }] : []
  })
  if (panels.length === 0) return []
  return [
    {
      spec: trajectoryChart(panels, { half: 1.25 * set.window, size: 165 }),
      caption:
        'Ways of single draws, from noise (blue) to data (red). Straight ones take a solver few steps; those of diffusion models begin far outside (VE) or bend (VP).'
    }
  ]
}

/** What the numbers say about one set. */
const verdict = (set: SetResult, { models }: Results): string => {
  const ranked = models
    .flatMap(({ title, evaluations }) => {
      const mean = evaluations.get(set.name)?.score.mean
      return mean === undefined ? [] : [{ title, gap: set.truth.score.mean - mean }]
    })
    .sort((a, b) => a.gap - b.gap)
  const [first, last] = [ranked[0], ranked.at(-1)]
  if (!first || !last || ranked.length < 2) return ''
  return `Nearest to the truth is **${first.title}**, ${decimal(first.gap, 3)} nats below it; furthest ${last.title}, ${decimal(last.gap, 3)} nats.`
}

export const setSection = (set: SetResult, results: Results): Section => ({
  heading: set.title.charAt(0).toUpperCase() + set.title.slice(1),
  prose: verdict(set, results),
  charts: [densityFigure(set, results), ...waysFigure(set, results)]
})
