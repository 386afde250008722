// Every picture: drawn without a warning, with its words whole, its colours as given, and the same each time.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TopLevelSpec } from 'vega-lite'
import {
  barChart,
  barrierChart,
  colours,
  equalWidthBins,
  heatMapChart,
  histogramChart,
  lossChart,
  PALETTE,
  reliabilityDiagram,
  scatterChart,
  svg,
  traceChart,
  trajectoryChart
} from '../src/index.js'

const names = ['MAP', 'ensemble of 32 networks', 'generated: metanet + gradient']

const palette = colours(names)

const lambdas = [0, 0.25, 0.5, 0.75, 1]

const bins = equalWidthBins([0.2, 0.5, 0.94, 0.96], [0, 1, 1, 1])

const pictures: Readonly<Record<string, { readonly spec: TopLevelSpec; readonly words: readonly string[] }>> = {
  reliability: {
    spec: reliabilityDiagram(
      names.map((name) => ({ name, bins })),
      { colours: palette, columns: 2 }
    ),
    // 0.2 wrong, 0.5 right, and a last bin right with 0.95 on average: (0.2 + 0.5 + 0.06 + 0.04) / 4.
    words: [...names, 'ECE 0.200', 'confidence', 'accuracy']
  },
  barriers: {
    spec: barrierChart(
      names.map((name) => ({ name, x: lambdas, y: [0, 0.2, 0.4, 0.2, 0], error: [0, 0.01, 0.02, 0.01, 0] })),
      { colours: palette }
    ),
    words: [...names, 'position on the line, λ']
  },
  losses: {
    spec: lossChart(
      names.map((name) => ({ name, x: [0, 10, 20], y: [1, 0.1, NaN] })),
      { colours: palette, logY: true }
    ),
    words: [...names, 'step', 'loss']
  },
  traces: {
    spec: traceChart(
      names.map((name) => ({
        name,
        chains: [
          [-900, -880, -890],
          [-870, -885, -880]
        ]
      })),
      { yTitle: 'log joint (nats)', colours: palette, reference: -880 }
    ),
    words: [...names, 'log joint (nats)', 'draw kept']
  },
  projections: {
    spec: scatterChart([
      { name: 'raw', x: [0, 3], y: [1, 2], group: [0, 1] },
      { name: 'canonical', x: [0, 0.5], y: [0, 0.5], group: [0, 1] }
    ]),
    words: ['raw', 'canonical', 'first principal axis', 'second principal axis']
  },
  histograms: {
    spec: histogramChart(
      names.map((name) => ({
        name,
        note: 'AUROC 0.82',
        series: [
          { name: 'test', values: [0, 0.1, 0.2] },
          { name: 'rotated 90°', values: [1, 2, 2.3] }
        ]
      })),
      { xTitle: 'entropy (nats)' }
    ),
    words: [...names, 'AUROC 0.82', 'test', 'rotated 90°', 'entropy (nats)', 'share of rows']
  },
  heatMaps: {
    spec: heatMapChart(
      names.map((name) => ({ name, maps: [{ values: [0, 1, 2, 3, 4, 5], rows: 2, columns: 3 }, null] })),
      { headings: ['density', 'draws'] }
    ),
    words: [...names, 'density', 'draws']
  },
  trajectories: {
    spec: trajectoryChart(
      names.map((name) => ({ name, note: 'straight', ways: [[[0, 0], [1, 1]], [[0, 1], [NaN, 2]]] })), // prettier-ignore
      { columns: 2 }
    ),
    words: [...names, 'straight']
  },
  bars: {
    spec: barChart(
      names.map((name, i) => ({ name, value: i + 0.5, error: 0.1 })),
      { xTitle: 'NLL (nats)', colours: palette, format: (v) => v.toFixed(2) }
    ),
    words: [...names, 'NLL (nats)', '0.50', '2.50']
  },
  dots: {
    spec: barChart(
      names.map((name, i) => ({ name, value: 10 ** (i + 1.5) })),
      { xTitle: 'samples per second', colours: palette, log: true }
    ),
    words: [...names, 'samples per second', '31.6', '3,162']
  }
}

const texts = (drawn: string): readonly string[] =>
  [...drawn.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1] ?? '')

describe('pictures', () => {
  const warnings: unknown[] = []
  beforeEach(() => {
    warnings.length = 0
    vi.spyOn(console, 'warn').mockImplementation((...words) => void warnings.push(words))
  })
  afterEach(() => vi.restoreAllMocks())

  test.each(Object.entries(pictures))('%s', async (_, { spec, words }) => {
    const drawn = await svg(spec)
    expect(warnings).toEqual([])
    for (const word of words) expect(texts(drawn)).toContain(word)
    expect(texts(drawn).filter((text) => text.includes('…'))).toEqual([])
    expect(drawn).not.toMatch(/NaN|undefined|Infinity/)
    expect(await svg(spec)).toBe(drawn)
  })

  test('a method keeps its colour when others leave', async () => {
    const last = { name: names[2] ?? '', value: 1 }
    const drawn = await svg(barChart([last], { xTitle: 'x', colours: palette }))
    expect(drawn).toContain(`fill="${PALETTE[2]}"`)
    expect(drawn).not.toContain(`fill="${PALETTE[0]}"`)
  })

  test('a picture that stands alone has its own paper and ink', async () => {
    const spec = barChart([{ name: 'a', value: 1 }], { xTitle: 'x' })
    expect(await svg(spec)).toContain('currentColor')
    const alone = await svg(spec, { background: '#ffffff', ink: '#222222' })
    expect(alone).not.toContain('currentColor')
    expect(alone).toContain('#ffffff')
  })

  test('what is no specification is refused', async () => {
    await expect(
      svg({ mark: 'bar', data: { values: [] }, encoding: { x: { field: 'a', bin: true, type: 'quantitative' } } })
    ).resolves.toContain('<svg')
    const broken: TopLevelSpec = JSON.parse('{"nothing": true}')
    await expect(svg(broken)).rejects.toThrow()
  })
})

describe('what the pictures show', () => {
  /** Every row of data in a specification. */
  const rows = (spec: unknown): readonly Readonly<Record<string, unknown>>[] => {
    if (typeof spec !== 'object' || spec === null) return []
    if (Array.isArray(spec)) return spec.flatMap(rows)
    return Object.entries(spec).flatMap(([key, value]) =>
      key === 'values' && Array.isArray(value) ? value : rows(value)
    )
  }

  test('shares of a histogram sum to 1, and values outside are counted in the end bins', () => {
    const spec = histogramChart([{ name: 'a', series: [{ name: 's', values: [-5, 0, 0.49, 0.5, 9] }] }], {
      xTitle: 'x',
      bins: 2,
      range: [0, 1]
    })
    // Two bins and the corner that closes the last.
    expect(rows(spec).map((row) => [row['x'], row['share']])).toEqual([
      [0, 0.6],
      [0.5, 0.4],
      [1, 0.4]
    ])
  })

  test('empty bins are no points, and areas are shares of rows', () => {
    const points = rows(reliabilityDiagram([{ name: 'a', bins }])).filter((row) => 'share' in row)
    expect(points.map((row) => row['share'])).toEqual([0.25, 0.25, 0.5])
  })

  test('bands are two standard errors on either side', () => {
    const [row] = rows(barrierChart([{ name: 'a', x: [0], y: [1], error: [0.25] }]))
    expect([row?.['low'], row?.['high']]).toEqual([0.5, 1.5])
  })
})
