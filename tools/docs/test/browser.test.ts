// The Bayesian network of the README runs in a browser, with the lines that the README adds for it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findChromium, visitSite } from '@bdl/testing'
import { build } from 'tsup'
import { expect, test } from 'vitest'
import { examplesOf, pages } from '../src/pages'

const folder = join(import.meta.dirname, '../reports/browser')
const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))

const bundle = async (): Promise<void> => {
  const [network, browser] = examplesOf(pages.find(({ path }) => path === 'README.md')!)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'setup.ts'), `${browser}export {}\n`)
  writeFileSync(join(folder, 'page.ts'), `import './setup'\n${network}document.body.dataset['done'] = 'yes'\n`)
  await build({
    entry: { page: join(folder, 'page.ts') },
    outDir: join(folder, 'dist'),
    config: false,
    format: ['esm'],
    platform: 'browser',
    target: 'es2022',
    splitting: false,
    noExternal: [/.*/],
    silent: true
  })
}

test('the README in a browser', async (context) => {
  const executablePath = findChromium()
  if (executablePath === undefined) return context.skip('no Chromium here: set CHROME_PATH')
  await bundle()
  const folders = { '/': join(folder, 'dist'), '/onnxruntime/': runtime } // where the README says
  const { problems, said } = await visitSite(
    { folders, script: '/page.js', isIsolated: false },
    { executablePath },
    (page) => page.waitForFunction(() => document.body.dataset['done'], undefined, { timeout: 0 })
  )
  expect(problems).toEqual([]) // a warning would say that no ONNX Runtime loads
  expect(said.at(-1)).toMatch(/^Tensor\s+\[\[\d/) // the README prints nine numbers
})
