import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseMeasurements, pythonContenders, pythonOf } from '../src/contenders/python'

test('the lines of peers.py become measurements, and warnings between them are left out', () => {
  const output = [
    'WARNING: no GPU found',
    '{"workload": "realnvp_step", "peer": "jax", "first_s": 0.83, "step_ms": 1.23, "peak_rss_mb": 315}',
    '{"workload": "hmc_bnn", "peer": "jax(blackjax)", "first_s": 1.03, "step_ms": 1.72, "peak_rss_mb": 320}',
    ''
  ].join('\r\n')
  expect(parseMeasurements('jax', output)).toEqual([
    { workload: 'realnvp_step', contender: 'jax', firstSeconds: 0.83, stepMilliseconds: 1.23, peakMegabytes: 315 },
    { workload: 'hmc_bnn', contender: 'jax', firstSeconds: 1.03, stepMilliseconds: 1.72, peakMegabytes: 320 }
  ])
  expect(() => parseMeasurements('jax', '{"error": "none"}')).toThrow('printed {"error":"none"}')
})

test('a Python environment keeps its Python where the platform puts it', () => {
  expect(pythonOf('env', 'linux')).toBe(join('env', 'bin', 'python'))
  expect(pythonOf('env', 'win32')).toBe(join('env', 'Scripts', 'python.exe'))
})

test('a peer that fails says how: here Node stands in for Python, and cannot read peers.py', async () => {
  const [jax] = pythonContenders(process.execPath)
  await expect(jax!.measure('realnvp_step')).rejects.toThrow(/^exit code 1: /)
})
