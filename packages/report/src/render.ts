// From a Vega-Lite specification to an SVG, without a browser.
import type { Config, TopLevelSpec } from 'vega-lite'

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
  const { parse, View } = await import('vega')
  const view = new View(parse(await compiled(spec)), { renderer: 'none' })
  if (background !== undefined) view.background(background)
  try {
    const text = renumbered(await view.toSVG(), idPrefix)
    return ink === undefined ? text : text.replaceAll('currentColor', ink)
  } finally {
    view.finalize()
  }
}
