import { expect, test } from 'vitest'
import { barChart, formatNumber, htmlReport, prose, tableHtml } from '../src/index.js'
import type { Report } from '../src/index.js'

const spec = barChart([{ name: 'a < b & "c"', value: 1 }], { xTitle: 'größe' })

const report: Report = {
  title: 'Weights <script>alert(1)</script>',
  lead: 'A lead with **strong** words',
  notice: 'Stopped early.',
  facts: [{ label: 'samples', value: '3,072' }],
  sections: [
    { heading: 'One', prose: 'First', charts: [{ spec, caption: 'See `this` & that.' }] },
    {
      heading: 'Two',
      blocks: [
        { kind: 'chart', figure: { spec, caption: 'Second' } },
        { kind: 'prose', text: 'Between' },
        { kind: 'table', table: { columns: [{ name: 'n' }], rows: [[1]] } },
        { kind: 'chart', figure: { spec, caption: 'Third' } }
      ]
    }
  ],
  footer: 'Seed 0.'
}

test('a report is one file: no script, nothing loaded, every id once', async () => {
  const html = await htmlReport(report)
  expect(html).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|@import|url\(h/)
  const addresses = [...html.matchAll(/https?:\/\/[^"'\s<)]+/g)].map((match) => match[0])
  expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink']))
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, id] of html.matchAll(/(?:href="#|url\(#)([^")]+)/g)) expect(ids).toContain(id)
})

test('text is escaped, figures are numbered through, parts keep their order', async () => {
  const html = await htmlReport(report)
  expect(html).toContain('<title>Weights &lt;script&gt;alert(1)&lt;/script&gt;</title>')
  expect(html).toContain('A lead with <strong>strong</strong> words')
  expect([...html.matchAll(/<strong>Figure (\d+)\.<\/strong>/g)].map((match) => match[1])).toEqual(['1', '2', '3'])
  const order = ['First', 'Figure 1.', 'Figure 2.', 'Between', '<table>', 'Figure 3.'].map((word) => html.indexOf(word))
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(order.every((at) => at > 0)).toBe(true)
})

test('a figure carries its specification, and its description for those who cannot see it', async () => {
  const html = await htmlReport(report)
  const encoded = /href="data:application\/json;base64,([^"]+)"/.exec(html)?.[1] ?? ''
  expect(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))).toEqual(JSON.parse(JSON.stringify(spec)))
  expect(html).toContain('role="img" aria-label="größe: a &lt; b &amp; &quot;c&quot; 1"')
})

test('the same report is the same text', async () => {
  expect(await htmlReport(report)).toBe(await htmlReport(report))
})

test('prose knows three marks and no others', () => {
  expect(prose('One\n\n- a **b**\n- `c`\n\nTwo <i>')).toBe(
    '<p>One</p>\n<ul><li>a <strong>b</strong></li><li><code>c</code></li></ul>\n<p>Two &lt;i&gt;</p>'
  )
  expect(prose('')).toBe('')
  expect(prose('**<b>**')).toBe('<p><strong>&lt;b&gt;</strong></p>')
})

test.each([
  [0.97812, 3, '0.978'],
  [-880.123, undefined, '−880'],
  [-1100.4, undefined, '−1,100'],
  [0.0123456, undefined, '0.0123'],
  [0.00001234, undefined, '1.23e−5'],
  [0, undefined, '0'],
  [0, 3, '0.000'],
  [Infinity, 2, '∞'],
  [-Infinity, 2, '−∞'],
  [NaN, 2, '–']
])('%d with %s digits is written %s', (value, digits, text) => {
  expect(formatNumber(value, digits)).toBe(text)
})

test('a table marks the best of what it shows, leaves quiet rows out, and shows null as a dash', () => {
  const html = tableHtml({
    caption: 'A & B',
    columns: [
      { name: 'method' },
      { name: 'NLL', digits: 2, best: 'min' },
      { name: 'accuracy', digits: 1, best: 'max' }
    ],
    rows: [
      ['reference', 0.01, 1],
      ['a', 0.1234, 0.9],
      ['b', 0.1236, null],
      ['c <d>', 0.5, 0.2]
    ],
    quiet: [0]
  })
  expect([...html.matchAll(/<strong>([^<]*)<\/strong>/g)].map((match) => match[1])).toEqual(['0.12', '0.9', '0.12'])
  expect(html).toContain('<td class="number">–</td>')
  expect(html).toContain('c &lt;d&gt;')
  expect(html).toContain('<caption>A &amp; B</caption>')
  expect(html).toContain('<tr class="quiet"><th scope="row">reference</th>')
})
