// Every family for parameters and shapes drawn at random, batches without entries, and compiled.
import type * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jit } from '@bdl/compiler'
import { key, leaves, scoped } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import * as constraints from '../src/constraint'
import * as index from '../src/index'
import { drawParameters, type Layout } from './support/drawn'
import { checkDrawn } from './support/drawn-checks'
import { drawnFamilies } from './support/drawn-families'
import type { Tensors } from './rows/row'

const layouts = fc.constantFrom<Layout>([[]], [[1]], [[3]], [[3], []], [[], [3]], [[2, 1], [3]], [[3], [2, 1]]) // prettier-ignore
const empty: readonly Layout[] = [[[0]], [[], [0]], [[2, 0], [1]]] // prettier-ignore
const shown = (layout: Layout): string => layout.map((shape) => `[${shape.join(', ')}]`).join(' with ')

describe.each(Object.entries(drawnFamilies))('%s', (_, family) => {
  test('any parameters, any shapes', () => {
    const law = fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), layouts, (seed, layout) => {
      try {
        scoped(() => checkDrawn(family, key(seed), layout))
      } catch (error) {
        throw new Error(`${shown(layout)}, seed ${seed}: ${String(error)}`, { cause: error })
      }
    })
    fc.assert(law, { numRuns: 6, seed: 2026, endOnFailure: true })
  })

  test.each(empty.map((layout) => [shown(layout), layout] as const))('no entries: %s', (_shapes, layout) => {
    scoped(() => checkDrawn(family, key(1), layout))
  })

  test('compiled is eager', async () => {
    const p = drawParameters(family, key(2), [[2, 1], [3]]) // prettier-ignore
    const all = (q: Tensors, k: tf.Tensor): readonly tf.Tensor[] => {
      const d = family.make(q)
      const [x, logProb] = d.sampleAndLogProb(k, [2])
      return [x, logProb, ...(d.cdf ? [d.cdf(x)] : []), ...(d.variance ? [d.variance()] : [])]
    }
    const compiled = jit(all)
    const [eager, other] = [all(p, key(3)), await compiled(p, key(3))]
    expect(leaves(other)).toHaveLength(eager.length)
    eager.forEach((x, i) => expectClose(other[i]!, x, { atol: 1e-4, rtol: 1e-4 }, `output ${i}`))
    compiled.dispose()
  })
})

test('every public family over tensors is drawn, or stands here', () => {
  const drawn = Object.keys(drawnFamilies).map((name) => name.split(' ')[0])
  // samples, not parameters of a batch; trees; what makes or compares distributions
  const elsewhere = ['empirical', 'joint', 'normalTree', 'priorTree', 'distribution', 'kl', 'klMonteCarlo', 'klRules', 'klWith'] // prettier-ignore
  const left = Object.keys(index).filter((name) => !drawn.includes(name) && !(name in constraints))
  expect(left.sort()).toEqual(elsewhere.sort())
})
