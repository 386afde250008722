/** docs/ops.md says what the code has. After a change of ops, `npm run docs:ops` writes it anew. */
import { expect, test } from 'vitest'
import { allKernelNames, traceKernels } from '../src/trace/kernels'
import { refusals } from '../src/trace/refusals'
import { samples } from './support/op-samples'
import { opsPage } from './support/ops-page'
import { rows } from './support/primitive-rows'

test('every kernel of TensorFlow.js is traced or refused with a reason, not both', () => {
  const known = allKernelNames()
  expect(known.length).toBeGreaterThan(170)
  expect(known.filter((kernel) => kernel in traceKernels === kernel in refusals)).toEqual([])
  expect([...Object.keys(traceKernels), ...Object.keys(refusals)].filter((name) => !known.includes(name))).toEqual([])
  expect(Object.keys(samples).filter((kernel) => !(kernel in traceKernels))).toEqual([])
})

test('docs/ops.md is what the code makes', async () => {
  await expect(opsPage(rows)).toMatchFileSnapshot('../../../docs/ops.md')
})
