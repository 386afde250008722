// Graphviz text to SVG, without a browser: Graphviz itself, as WebAssembly.

export interface GraphPictureOptions {
  /** Paper colour; transparent if not given. Boxes have a colour of their own, lines and titles are grey. */
  readonly background?: string
}

// Ids that nobody refers to would clash among the pictures of one page; a page has its own prolog and doctype.
const embeddable = (svg: string): string => svg.slice(svg.indexOf('<svg')).replace(/ id="[^"]*"/g, '')

// Graphviz is loaded here and not above: it has 1.2 MB, and most reports draw no graph.
const graphviz = async () => {
  const { instance } = await import('@viz-js/viz')
  return instance()
}

/**
 * Draws a graph as SVG text: that of `explain`, say, or any other that Graphviz can lay out.
 *
 * Rejects if the text is no Graphviz, with the line at fault.
 *
 * @param dot Graphviz text
 * @source Gansner, Koutsofios, North & Vo, A technique for drawing directed graphs (1993)
 * @example writeFileSync('graph.svg', await graphPicture((await explain(f, x)).dot))
 */
export const graphPicture = async (dot: string, options: GraphPictureOptions = {}): Promise<string> => {
  const viz = await graphviz()
  const graphAttributes = { bgcolor: options.background ?? 'transparent' }
  return embeddable(viz.renderString(dot, { format: 'svg', engine: 'dot', graphAttributes })).trimEnd()
}
