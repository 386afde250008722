// Samples the posterior over a small network's weights and draws docs/images/posterior.svg.
import { mkdirSync, writeFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { key, split, toHost } from '@bdl/core'
import { deepEnsemble, functionSpaceRhat, hmc, predictive, runChains, samplesOf, warmUpHmc } from '@bdl/inference'
import { adam } from '@bdl/nn'
import { svg } from '@bdl/report'
import { chart, summary } from './chart.mjs'
import { measurements, network, posterior } from './problem.mjs'

tf.env().set('PROD', true)

const CHAINS = 16
const STEPS = 60
const TRANSITIONS = 2000
const THIN = 20
const POINTS = 161

const [keyData, keyShape, keyStart, keyWarm, keyRun] = split(key(0), 5)
const data = measurements(keyData)
const { prior, logDensity } = posterior(keyShape, data)

// Maximised from draws of the prior: the first is the trained network of the picture, and every chain starts at one.
const ensemble = await deepEnsemble({
  logDensity,
  init: prior.sample,
  key: keyStart,
  members: CHAINS,
  optimiser: adam({ learningRate: 0.01 }),
  steps: 3000
})
const warm = await warmUpHmc({
  logDensity,
  key: keyWarm,
  positions: ensemble.positions,
  transitions: 400,
  steps: STEPS,
  targetAccept: 0.9
})
const kernel = hmc(logDensity, { stepSize: warm.stepSize, steps: STEPS })
const options = { kernel, key: keyRun, positions: warm.positions, steps: TRANSITIONS, thin: THIN }
const run = await runChains(options)
const samples = samplesOf('hmc', run)

const grid = tf.linspace(-4, 4, POINTS)
const curvesOf = async (weights) => {
  const apply = (w, x) => network.build(w)(x)
  const { members } = await predictive(apply, weights, tf.reshape(grid, [POINTS, 1]), { link: (f) => tf.clone(f) })
  return tf.reshape(members, [-1, POINTS])
}

const curves = await curvesOf(samples.positions)
const sampled = curves.shape[0]
const mixing = functionSpaceRhat(await toHost(tf.reshape(curves, [CHAINS, -1, POINTS, 1])))
console.log(
  `${sampled} networks from ${CHAINS} chains, R-hat of the curve at ${POINTS} places: at most ${mixing.max.toFixed(3)}`
)

const xs = [...(await grid.data())]
const [rowsX, rowsY, [single]] = await Promise.all([
  data.x.data(),
  data.y.data(),
  (await curvesOf(ensemble.positions)).array()
])
const spec = chart({
  data: Array.from(rowsX, (x, i) => ({ x, y: rowsY[i] })),
  one: xs.map((x, i) => ({ x, y: single[i] })),
  all: summary(xs, await curves.array()),
  sampled: sampled.toLocaleString('en')
})
mkdirSync(new URL('../../../docs/images/', import.meta.url), { recursive: true })
const picture = await svg(spec, { background: '#ffffff', ink: '#24292f' })
writeFileSync(new URL('../../../docs/images/posterior.svg', import.meta.url), `${picture}\n`)
