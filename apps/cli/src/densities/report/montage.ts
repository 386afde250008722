/** One picture for a page of documentation: a row per set, the truth and a few models side by side. */
import { heatMapChart, svg } from '@bdl/report'
import type { Results } from '../results.js'
import { brightest, densities } from './pictures.js'

/** One of each family, in the order of the table. */
const SHOWN: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  kde: 'kernels',
  realnvp: 'RealNVP',
  spline: 'spline',
  cnf: 'CNF',
  'fm-ot': 'matching',
  'score-vp': 'score'
}

/** Densities on white paper, as SVG. */
export const montage = ({ sets, models }: Results): Promise<string> => {
  const shown = models.filter(({ name }) => name in SHOWN)
  const rows = sets.map((set) => {
    const top = brightest(set)
    const evaluations = [set.truth, ...shown.map((model) => model.evaluations.get(set.name) ?? null)]
    const maps = evaluations.map((evaluation) => {
      if (evaluation === null) return null
      const { values, rows: n } = densities(evaluation.density, set.window)
      // Every set has its own scale: the truth's.
      return { values: Float64Array.from(values, (v) => v / top), rows: n, columns: n }
    })
    return { name: set.title, maps }
  })
  const headings = ['truth', ...shown.map(({ name }) => SHOWN[name] ?? name)]
  return svg(heatMapChart(rows, { headings, top: 1, size: 92 }), { background: '#ffffff', ink: '#1d232b' })
}
