// Metrics work on host numbers: they never meet a tensor, so there is nothing to compile here.
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { describeFixture, expectClose, flattenNested, shapeOfNested, toleranceOf } from '@bdl/testing'
import type { CaseTolerance, Fixture, Nested } from '@bdl/testing'
import { expect, test } from 'vitest'
import * as m from '../src/index.js'

type Case = CaseTolerance & { readonly kind: string; readonly [field: string]: unknown }

type Computed = Readonly<Record<string, Nested | (() => Nested) | undefined>>

const host = (c: Case, field: string): HostArray => {
  const nested = c[field] as Nested
  return hostArray(shapeOfNested(nested), flattenNested(nested))
}

const numbers = (c: Case, field: string): readonly number[] => flattenNested(c[field] as Nested)

const list = (values: ArrayLike<number>): Nested => Array.from(values)

const classification = (c: Case): Computed => {
  const p = m.softmax(host(c, 'logits'))
  const labels = numbers(c, 'labels')
  const classes = p.shape[1] ?? 0
  const classOne = p.data.filter((_, i) => i % classes === 1)
  const bins = m.calibrationBins(p, labels)
  return {
    accuracy: m.accuracy(p, labels),
    top2Accuracy: m.topKAccuracy(2, p, labels),
    nll: m.negativeLogLikelihood(p, labels),
    brier: m.brierScore(p, labels),
    ece: m.expectedCalibrationError(p, labels),
    mce: m.maximumCalibrationError(bins),
    aurocConfidence: m.confidenceAuroc(p, labels),
    meanEntropy: m.entropy(p).reduce((a, b) => a + b, 0) / labels.length,
    aurocBinary: classes === 2 ? m.auroc(classOne, labels) : undefined,
    brierBinary: classes === 2 ? m.binaryBrierScore(p, labels) : undefined
  }
}

const eceBinary = (c: Case): Computed => {
  const bins = typeof c['numBins'] === 'number' ? c['numBins'] : 15
  const error = (closed: 'left' | 'right'): number =>
    m.calibrationError(m.equalWidthBins(numbers(c, 'confidence'), numbers(c, 'correct'), { bins, closed }))
  return { eceRightClosed: error('right'), eceLeftClosed: error('left') }
}

const ensemble = (c: Case): Computed => {
  const members = m.softmax(host(c, 'logits'))
  const labels = numbers(c, 'labels')
  const average = m.modelAverage(members)
  const classes = average.shape[1] ?? 1
  return {
    predictiveProbs: labels.map((_, i) => list(average.data.subarray(i * classes, (i + 1) * classes))),
    predictiveEntropy: list(m.entropy(average)),
    expectedEntropy: list(m.expectedEntropy(members)),
    mutualInformation: list(m.mutualInformation(members)),
    nll: m.negativeLogLikelihood(average, labels),
    lppd: m.logPredictiveDensity(members, labels)
  }
}

const ranking = (c: Case): Computed => ({
  auroc: m.auroc(numbers(c, 'scores'), numbers(c, 'labels')),
  averagePrecision: m.averagePrecision(numbers(c, 'scores'), numbers(c, 'labels'))
})

const regression = (c: Case): Computed => {
  const [y, loc, sd] = [numbers(c, 'y'), numbers(c, 'mean'), numbers(c, 'sd')]
  return {
    rmse: m.rootMeanSquaredError(y, loc),
    mae: m.meanAbsoluteError(y, loc),
    nll: m.gaussianNll(y, loc, sd),
    crpsGaussian: m.gaussianCrps(y, loc, sd),
    coverage90: m.gaussianCoverage(0.9, y, loc, sd),
    r2: m.rSquared(y, loc)
  }
}

const crpsEnsemble = (c: Case): Computed => {
  const crps = m.ensembleCrps(numbers(c, 'y'), host(c, 'samples'))
  return { crps: list(crps), mean: crps.reduce((a, b) => a + b, 0) / crps.length }
}

// Computed on demand: a case need not have every field, nor the inputs of the fields that it lacks.
const twoSample = (c: Case): Computed => {
  const [x, y, bandwidth] = [host(c, 'x'), host(c, 'y'), Number(c['bandwidth'])]
  const directions = (): HostArray => host(c, 'directions')
  const perDirection = (order: 1 | 2): Nested =>
    (c['directions'] as readonly Nested[]).map((direction) =>
      m.wassersteinPower(m.project(x, flattenNested(direction)), m.project(y, flattenNested(direction)), order)
    )
  return {
    mmd2Biased: () => m.mmdSquared(x, y, bandwidth, 'v'),
    mmdBiased: () => Math.sqrt(m.mmdSquared(x, y, bandwidth, 'v')),
    mmd2Unbiased: () => m.mmdSquared(x, y, bandwidth, 'u'),
    energyDistanceV: () => m.energyDistance(x, y, 'v'),
    energyDistanceU: () => m.energyDistance(x, y, 'u'),
    projectedW1: () => perDirection(1),
    projectedW2Squared: () => perDirection(2),
    slicedWasserstein1: () => m.slicedWasserstein(x, y, directions(), 1),
    slicedWasserstein2: () => m.slicedWasserstein(x, y, directions(), 2),
    medianPairwiseDistance: () => m.medianPairwiseDistance(x, y)
  }
}

const compute: Readonly<Record<string, (c: Case) => Computed>> = {
  classification,
  eceBinary,
  ensemble,
  auroc: ranking,
  regression,
  crpsEnsemble,
  twoSample
}

/** Fields that are inputs or remarks; every other field must be computed. */
const INPUTS = [
  ...['kind', 'note', 'tolerance', 'logits', 'labels', 'confidence', 'correct', 'numBins', 'scores', 'ties'],
  ...['y', 'mean', 'sd', 'samples', 'x', 'bandwidth', 'directions', 'eceBins']
]

const inputsOf = (c: Case): readonly string[] =>
  c.kind === 'crpsEnsemble' ? INPUTS.filter((field) => field !== 'mean') : INPUTS

const checkBins = (fixture: Fixture<Case>, c: Case): void => {
  const bins = m.calibrationBins(m.softmax(host(c, 'logits')), numbers(c, 'labels'))
  const expected = c['eceBins'] as readonly Readonly<Record<'count' | 'confidence' | 'accuracy', number | null>>[]
  expect(bins.map((bin) => bin.count)).toEqual(expected.map((bin) => bin.count))
  bins.forEach((bin, i) => {
    expect(bin.confidence === null).toBe(expected[i]?.confidence === null)
    const tolerance = toleranceOf(fixture, c)
    expectClose(bin.confidence ?? 0, expected[i]?.confidence ?? 0, tolerance, `bin ${i}, confidence`)
    expectClose(bin.accuracy ?? 0, expected[i]?.accuracy ?? 0, tolerance, `bin ${i}, accuracy`)
  })
}

/** Float64 code is held to a tolerance far below the file's, unless the case has its own. */
const FLOAT64 = { atol: 1e-12, rtol: 1e-10 }

describeFixture<Case>('metrics.json', import.meta.url, (fixture) => {
  fixture.cases.forEach((c, i) => {
    test(`case ${i}: ${c.kind}`, () => {
      const f = compute[c.kind]
      if (f === undefined) throw new Error(`metrics.json: no metric for kind '${c.kind}'`)
      const actual = f(c)
      const fields = Object.keys(c).filter((field) => !inputsOf(c).includes(field))
      expect(fields.length).toBeGreaterThan(0)
      for (const field of fields) {
        const computed = actual[field]
        const value = typeof computed === 'function' ? computed() : computed
        if (value === undefined) throw new Error(`metrics.json: ${field} is not computed`)
        if (c[field] !== null) expectClose(value, c[field] as Nested, c.tolerance?.float32 ?? FLOAT64, field)
      }
      if (c['eceBins'] !== undefined) checkBins(fixture, c)
    })
  })

  test('there are cases', () => {
    expect(fixture.cases.length).toBeGreaterThan(0)
  })
})
