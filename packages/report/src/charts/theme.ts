// What all pictures share: one colour per name, and a look that reads on light and dark paper.
import type { Config, TopLevelSpec } from 'vega-lite'

/**
 * Okabe & Ito's eight colours for every kind of colour vision, its yellow and black replaced by an ochre and a grey that
 * can be seen on white and on black.
 */
export const PALETTE: readonly string[] = [
  '#0072B2', // blue
  '#D55E00', // vermilion
  '#009E73', // green
  '#CC79A7', // purple
  '#E69F00', // orange
  '#56B4E9', // sky
  '#7F7F7F', // grey
  '#9C8A00' // ochre
]

/** Stroke patterns, so that lines differ without their colours too. */
const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3]
]

/** Names and the colour of each: made once per report, so that a method looks the same in every picture. */
export interface Colours {
  readonly domain: readonly string[]
  readonly range: readonly string[]
}

/** Gives every name a colour of the palette, in order; the ninth name takes the first colour again. */
export const colours = (names: readonly string[]): Colours => {
  const domain = [...new Set(names)]
  return { domain, range: domain.map((_, i) => PALETTE[i % PALETTE.length] ?? '') }
}

/** The part of `all` that a picture shows, in the order of `all`; names unknown to it come last, in grey. */
export const coloursOf = (all: Colours | undefined, shown: readonly string[]): Colours => {
  if (all === undefined) return colours(shown)
  const names = [...new Set(shown)]
  const domain = [...all.domain.filter((name) => names.includes(name)), ...names.filter((n) => !all.domain.includes(n))]
  return { domain, range: domain.map((name) => all.range[all.domain.indexOf(name)] ?? '#7F7F7F') }
}

/** A Vega-Lite scale of colours. */
export const colourScale = ({ domain, range }: Colours): { domain: string[]; range: string[] } => ({
  domain: [...domain],
  range: [...range]
})

/** A Vega-Lite scale of stroke patterns for the same names. */
export const dashScale = ({ domain }: Colours): { domain: string[]; range: number[][] } => ({
  domain: [...domain],
  range: domain.map((_, i) => [...(DASHES[Math.floor(i / 2) % DASHES.length] ?? [1, 0])])
})

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

// `currentColor` takes the colour of the text around the picture, so that one SVG serves both colour schemes.
const INK = 'currentColor'

/** Vega-Lite configuration of every picture. */
export const theme: Config = {
  background: 'transparent',
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    tickColor: INK,
    domainColor: INK,
    gridColor: INK,
    gridOpacity: 0.14,
    tickOpacity: 0.4,
    domainOpacity: 0.4,
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: 500,
    titlePadding: 10,
    labelLimit: 260
  },
  axisQuantitative: { tickCount: 6 },
  header: { labelColor: INK, titleColor: INK, labelFontSize: 13, labelFontWeight: 600, labelPadding: 8 },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 12.5,
    titleFontSize: 12.5,
    orient: 'top',
    direction: 'horizontal',
    title: null,
    symbolStrokeWidth: 2.5,
    symbolSize: 110,
    labelLimit: 320,
    columnPadding: 18,
    offset: 14
  },
  title: {
    color: INK,
    subtitleColor: INK,
    fontSize: 13,
    fontWeight: 600,
    subtitleFontSize: 12,
    subtitlePadding: 4,
    anchor: 'middle',
    offset: 8
  },
  line: { strokeWidth: 2 },
  rule: { color: INK },
  text: { color: INK, fontSize: 12 },
  // Screen readers get the description of the whole picture, not one label for each of a thousand points.
  aria: false
}

/** The version of Vega-Lite that the specifications are written for. */
export const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json'

/** Pictures side by side, `columns` in a row: every one with its own axes, so that a row may end early. */
export const GRID_SPACING = { row: 26, column: 28 }

/** One picture of several side by side. */
export type PanelSpec = Extract<TopLevelSpec, { readonly concat: unknown }>['concat'][number]

/** One layer of a picture. */
export type LayerPart = Extract<TopLevelSpec, { readonly layer: unknown }>['layer'][number]
