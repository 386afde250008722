// From a Vega-Lite specification to an SVG, without a browser.
import type { Config, TopLevelSpec } from 'vega-lite'
import { textWidth } from './text-width.js'

interface TextItem {
  readonly fontSize?: number
}

declare module 'vega' {
  /** How Vega measures text; exported by it, but missing in its types. */
  export const textMetrics: { width: (item: TextItem, text: unknown) => number }
}

export interface SvgOptions {
  /** Paper colour; transparent if not given. */
  readonly background?: string
  /** Colour of text and axes; that of the surrounding text if not given. A picture that stands alone wants its own. */
  readonly ink?: string
  /** Starts the ids inside the SVG, which must differ among the pictures of one page; `chart` if not given. */
  readonly idPrefix?: string
}

// Vega counts its clip paths over the life of the process: renumbered, the same picture is the same text.
const renumbered = (svg: string, prefix: string): string => {
  const ids = [...new Set([...svg.matchAll(/\bid="([^"]+)"/g)].map((match) => match[1] ?? ''))]
  return ids.reduce(
    (text, id, i) =>
      text.replaceAll(`id="${id}"`, `id="${prefix}-${i}"`).replaceAll(`url(#${id})`, `url(#${prefix}-${i})`),
    svg
  )
}

/** Vega's own default. */
const FONT_SIZE = 11

// Without a canvas Vega takes 0.8 em for every character, which tears legends apart and cuts labels that would fit; with
// one, the layout depends on the fonts of the machine. So it is told how to measure.
const vegaWithMetrics = async () => {
  const vega = await import('vega')
  vega.textMetrics.width = (item, text) => textWidth(String(text ?? ''), item.fontSize ?? FONT_SIZE)
  return vega
}

/** More decimals of a pixel than any screen shows. */
const LONG_DECIMALS = /(\d\.\d{2})\d+/g

// Coordinates are written with 15 digits otherwise: most of the file.
const shortened = (svg: string): string =>
  svg.replace(/ (d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"/g, (attribute) =>
    attribute.replace(LONG_DECIMALS, '$1')
  )

// Vega is loaded here and not above: it is large, and CommonJS can only take it in this way.
const compiled = async (spec: TopLevelSpec) => {
  const { compile } = await import('vega-lite')
  const config: Config | undefined = spec.config
  return compile(spec, config === undefined ? {} : { config }).spec
}

/**
 * Draws a picture as SVG text.
 *
 * Rejects if the specification is not one that Vega-Lite can draw.
 *
 * @example await svg(barChart(bars, { xTitle: 'NLL (nats)' }), { background: '#fff', ink: '#222' })
 */
export const svg = async (spec: TopLevelSpec, options: SvgOptions = {}): Promise<string> => {
  const { background, ink, idPrefix = 'chart' } = options
  const { parse, View } = await vegaWithMetrics()
  const view = new View(parse(await compiled(spec)), { renderer: 'none' })
  if (background !== undefined) view.background(background)
  try {
    const text = shortened(renumbered(await view.toSVG(), idPrefix))
    return ink === undefined ? text : text.replaceAll('currentColor', ink)
  } finally {
    view.finalize()
  }
}
