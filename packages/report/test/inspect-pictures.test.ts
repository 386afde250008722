// Pictures of audits and of graphs: real ones, drawn without a warning, with their words, outputs, culprits and colours.
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { auditWith, explainWith, scan, valueAndGrad, type AuditReport } from '@bdl/compiler'
import { auditPicture, graphPicture, PALETTE, svg } from '../src/index.js'

const audited = auditWith({ engine: 'eager' })
const explained = explainWith({ engine: 'eager', runs: 2, name: 'a < b & c' })

const moments = (x: tf.Tensor) => ({
  mean: tf.mean(x),
  variance: tf.sub(tf.mean(tf.square(x)), tf.square(tf.mean(x)))
})

const loop = (x: tf.Tensor): tf.Tensor =>
  scan((c: tf.Tensor, _: readonly []): readonly [tf.Tensor, readonly []] => [tf.sub(1, tf.cos(c)), []], x, [], {
    length: 3
  })[0]

const texts = (drawn: string): readonly string[] =>
  [...drawn.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1] ?? '')

const warnings: unknown[] = []
beforeEach(() => {
  warnings.length = 0
  vi.spyOn(console, 'warn').mockImplementation((...words) => void warnings.push(words))
})
afterEach(() => {
  vi.restoreAllMocks()
  expect(warnings).toEqual([])
})

describe('audits', () => {
  let report: AuditReport
  beforeEach(async () => {
    report = await audited(moments, tf.add(tf.sin(tf.range(0, 64)), 1000))
  })

  test('ops along the axis, the culprit by name and line, a ring for each output', async () => {
    const drawn = await svg(auditPicture(report))
    const shown = report.nodes.filter(({ op }) => op !== 'constant')
    for (const { op } of shown) expect(texts(drawn)).toContain(op)
    expect(texts(drawn)).toContainEqual(
      expect.stringMatching(/^1\s+sub, inspect-pictures\.test\.ts:\d+: cancellation$/)
    )
    expect([...drawn.matchAll(new RegExp(`stroke="${PALETTE[2]}" stroke-width="2.5"`, 'g'))]).toHaveLength(2)
    expect(drawn).not.toMatch(/NaN|undefined|Infinity|…/)
    expect(await svg(auditPicture(report))).toBe(drawn)
  })

  test('bars hang down by the digits that a node loses by itself', () => {
    const spec = auditPicture(report)
    const rows = 'values' in spec.data! ? (spec.data.values as { top: number; foot: number; left: number }[]) : []
    const [culprit] = report.culprits
    const longest = Math.max(...rows.map(({ top, foot }) => top - foot))
    expect(longest).toBeCloseTo(culprit!.local.digitsLost, 12)
    expect(Math.min(...rows.map(({ top, left }) => top - left))).toBe(0)
    expect(spec.description).toMatch(/right digits of 7\.2; most are lost at sub/)
  })

  test('bodies of loops stand on grey; without a culprit there is no name', async () => {
    const inside = await svg(auditPicture(await audited(loop, tf.scalar(0.5))))
    expect(texts(inside)).toContain('nodes in the order of the program, those inside loops and branches on grey')
    const fine = await audited((x: tf.Tensor) => tf.exp(x), tf.scalar(1))
    const drawn = await svg(auditPicture(fine))
    expect(texts(drawn).filter((text) => text.includes('.ts:'))).toEqual([])
    expect(auditPicture(fine).description).not.toContain('most are lost')
  })

  test('of a long program the axis counts', async () => {
    const f = (x: tf.Tensor): tf.Tensor => Array.from({ length: 60 }).reduce((y: tf.Tensor) => tf.sin(y), x)
    const drawn = await svg(auditPicture(await audited(f, tf.scalar(1))))
    expect(texts(drawn)).toContain('60')
    expect(texts(drawn)).not.toContain('sin')
  })
})

describe('graphs', () => {
  test('ops, types, shares and frames; words that are markup elsewhere', async () => {
    const { dot } = await explained((x: tf.Tensor) => valueAndGrad((v: tf.Tensor) => tf.sum(loop(v)))(x), tf.ones([3]))
    const drawn = await graphPicture(dot)
    expect(drawn).toMatch(/^<svg /)
    expect(drawn.endsWith('</svg>')).toBe(true)
    for (const word of ['cos', 'float32[3]', 'scan × 3']) expect(texts(drawn)).toContain(word)
    expect(texts(drawn)).toContainEqual(
      expect.stringMatching(/^a &lt; b &amp; c, \d+ nodes, coloured by share of time$/)
    )
    expect(texts(drawn)).toContainEqual(expect.stringMatching(/^\d[\d.]* %$/))
    expect([...drawn.matchAll(/class="cluster"/g)]).toHaveLength(2)
    expect(drawn).not.toMatch(/ id=|<\?xml|<!DOCTYPE/)
    expect(await graphPicture(dot)).toBe(drawn)
  })

  test('paper', async () => {
    expect(await graphPicture('digraph { a -> b }')).not.toContain('white')
    expect(await graphPicture('digraph { a -> b }', { background: '#fafafa' })).toContain('fill="#fafafa"')
  })

  test('what is no graph is refused with the line at fault', async () => {
    await expect(graphPicture('digraph {\n a -> }')).rejects.toThrow(/syntax error in line 2/)
  })
})
