// One HTML file with everything in it: text, tables, and pictures drawn beforehand, so that it needs no script and no network.
import type { TopLevelSpec } from 'vega-lite'
import { svg } from '../render.js'
import { escapeHtml, prose, proseLine } from './prose.js'
import { STYLE } from './style.js'
import { tableHtml } from './table.js'
import type { Table } from './table.js'

export interface Figure {
  readonly spec: TopLevelSpec
  /** What is seen and what it means: the same three marks as prose. */
  readonly caption: string
}

/** What stands under a heading, in the order given. */
export type Block =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'chart'; readonly figure: Figure }

export interface Section {
  readonly heading: string
  readonly prose?: string
  readonly tables?: readonly Table[]
  readonly charts?: readonly Figure[]
  /** Follows the three above; for sections whose pictures and text alternate. */
  readonly blocks?: readonly Block[]
}

/** A number that sums the report up. */
export interface Fact {
  readonly label: string
  readonly value: string
}

export interface Report {
  readonly title: string
  readonly lead?: string
  /** Set apart at the top: that the report is partial, for example. */
  readonly notice?: string
  readonly facts?: readonly Fact[]
  readonly sections: readonly Section[]
  readonly footer?: string
}

const blocksOf = (section: Section): readonly Block[] => [
  ...(section.prose === undefined ? [] : [{ kind: 'prose', text: section.prose } as const]),
  ...(section.tables ?? []).map((table) => ({ kind: 'table', table }) as const),
  ...(section.charts ?? []).map((figure) => ({ kind: 'chart', figure }) as const),
  ...(section.blocks ?? [])
]

// UTF-8 first: btoa takes bytes only.
const base64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))

const specLink = (spec: TopLevelSpec, name: string): string =>
  `<a download="${name}.vl.json" href="data:application/json;base64,${base64(JSON.stringify(spec))}">` +
  'data and specification</a>'

const figureHtml = async ({ spec, caption }: Figure, number: number): Promise<string> => {
  const name = `figure-${number}`
  const picture = await svg(spec, { idPrefix: name })
  const label = escapeHtml(spec.description ?? caption)
  return `<figure id="${name}">${picture.replace('<svg ', `<svg role="img" aria-label="${label}" `)}
<figcaption><strong>Figure ${number}.</strong> ${proseLine(caption)} ${specLink(spec, name)}</figcaption></figure>`
}

const blockHtml = (block: Block, figureNumber: () => number): Promise<string> => {
  if (block.kind === 'chart') return figureHtml(block.figure, figureNumber())
  return Promise.resolve(block.kind === 'prose' ? prose(block.text) : tableHtml(block.table))
}

const sectionHtml = async (section: Section, i: number, firstFigure: number): Promise<string> => {
  const blocks = blocksOf(section)
  const parts = blocks.map((block, j) =>
    blockHtml(block, () => firstFigure + blocks.slice(0, j).filter((other) => other.kind === 'chart').length)
  )
  const content = (await Promise.all(parts)).join('\n')
  return `<section id="section-${i + 1}"><h2>${escapeHtml(section.heading)}</h2>\n${content}\n</section>`
}

const chartCount = (sections: readonly Section[]): number =>
  sections.reduce((n, section) => n + blocksOf(section).filter((block) => block.kind === 'chart').length, 0)

const contents = (sections: readonly Section[]): string =>
  sections.length < 2
    ? ''
    : `<nav aria-label="Contents"><ol>${sections
        .map(({ heading }, i) => `<li><a href="#section-${i + 1}">${escapeHtml(heading)}</a></li>`)
        .join('')}</ol></nav>`

const factsHtml = (facts: readonly Fact[]): string =>
  facts.length === 0
    ? ''
    : `<dl class="facts">${facts
        .map(({ label, value }) => `<div><dt>${proseLine(label)}</dt><dd>${escapeHtml(value)}</dd></div>`)
        .join('')}</dl>`

const paragraph = (text: string | undefined, kind: string): string =>
  text === undefined ? '' : `<p class="${kind}">${proseLine(text)}</p>`

/**
 * A report as one self-contained HTML page.
 *
 * Pictures are drawn here, as SVG in the colours of the reader's scheme, and each carries its data and specification as a
 * download: the page has no script, loads nothing and prints. The same report is the same text. Text is escaped.
 *
 * Rejects if a specification cannot be drawn.
 *
 * @example await htmlReport({ title: 'Weights', sections: [{ heading: 'Result', prose: '**0.978** accuracy' }] })
 */
export const htmlReport = async (report: Report): Promise<string> => {
  const { title, lead, notice, facts = [], sections, footer } = report
  const bodies = sections.map((section, i) => sectionHtml(section, i, 1 + chartCount(sections.slice(0, i))))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
${paragraph(lead, 'lead')}${paragraph(notice, 'notice')}
${factsHtml(facts)}
${contents(sections)}
</header>
${(await Promise.all(bodies)).join('\n')}
${footer === undefined ? '' : `<footer>${prose(footer)}</footer>`}
</main>
</body>
</html>
`
}
