import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseMeasurements, pythonOf } from '../src/peers'

test('the lines of peers.py become measurements, and warnings between them are left out', () => {
  const output = [
    'WARNING: no GPU found',
    '{"workload": "realnvp_step", "peer": "jax", "first_s": 0.83, "step_ms": 1.23, "peak_rss_mb": 315}',
    '{"workload": "hmc_bnn", "peer": "jax", "first_s": 1.03, "step_ms": 1.72, "peak_rss_mb": 320}',
    ''
  ].join('\r\n')
  expect(parseMeasurements(output)).toEqual([
    { workload: 'realnvp_step', peer: 'jax', firstSeconds: 0.83, stepMilliseconds: 1.23, peakMegabytes: 315 },
    { workload: 'hmc_bnn', peer: 'jax', firstSeconds: 1.03, stepMilliseconds: 1.72, peakMegabytes: 320 }
  ])
})

test('a Python environment keeps its Python where the platform puts it', () => {
  expect(pythonOf('env', 'linux')).toBe(join('env', 'bin', 'python'))
  expect(pythonOf('env', 'win32')).toBe(join('env', 'Scripts', 'python.exe'))
})
