import { readFileSync } from 'node:fs'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { jaxJsWorkloads } from '../src/others/jax-js'
import { tfjsWorkloads } from '../src/others/tfjs'

const recorded: Readonly<Record<string, { readonly losses: readonly number[] }>> = JSON.parse(
  readFileSync(new URL('fixtures/steps.json', import.meta.url), 'utf8')
)

for (const [library, workloads] of Object.entries({ 'TensorFlow.js': tfjsWorkloads, 'jax-js': jaxJsWorkloads }))
  for (const { name, prepare, start } of workloads)
    test(`${name} in ${library} trains as in JAX, from the same numbers`, async () => {
      const { losses } = recorded[name]!
      await prepare()
      const run = start()
      const found: number[] = []
      for (let step = 0; step < losses.length; step++) found.push(await run.step())
      await run.dispose()
      losses.forEach((loss, step) => expect(Math.abs(found[step]! - loss) / Math.abs(loss)).toBeLessThan(4e-6))
    })
