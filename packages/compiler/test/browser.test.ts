/** A page as a bundler makes it for users; the other tests run in the page from source (vitest.browser.config.ts). */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findChromium, visitSite } from '@bdl/testing'
import { build } from 'tsup'
import { expect, test } from 'vitest'
import { referenceEngine } from '../src/engines/reference'
import { runAll, type Results } from './support/browser-programs'

/** The folder of onnxruntime-web that holds its WebAssembly. */
const runtimeFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))

const bundle = async (outDir: string): Promise<void> => {
  await build({
    entry: { page: join(import.meta.dirname, 'support', 'browser-page.ts') },
    outDir,
    config: false,
    format: ['esm'],
    platform: 'browser',
    target: 'es2022',
    splitting: false,
    noExternal: [/.*/],
    silent: true
  })
}

interface Report {
  readonly error?: string
  readonly isolated?: boolean
  readonly results?: Results
}

const expectSame = (got: readonly number[], want: readonly number[]): void => {
  expect(got).toHaveLength(want.length)
  got.forEach((x, i) => expect(x).toBeCloseTo(want[i]!, 5))
}

test('a bundled page compiles with WebAssembly and computes what the float64 reference computes', async (context) => {
  const executablePath = findChromium()
  if (executablePath === undefined) return context.skip('no Chromium here: set CHROME_PATH')
  const folder = await mkdtemp(join(tmpdir(), 'bdl-browser-'))
  try {
    await bundle(folder)
    const site = { folders: { '/': folder, '/runtime/': runtimeFolder }, script: '/page.js', isIsolated: true }
    const { result, problems } = await visitSite(site, { executablePath }, (page) =>
      page
        .waitForFunction(() => document.body.dataset['results'], undefined, { timeout: 0 })
        .then((handle) => handle.jsonValue())
    )
    const report: Report = JSON.parse(result ?? '{}')
    expect(problems).toEqual([])
    expect(report.error).toBeUndefined()
    expect(report.isolated).toBe(true)
    const want = await runAll(referenceEngine)
    expect(report.results!.bits).toEqual(want.bits)
    for (const name of ['gradient', 'scan', 'batch'] as const) expectSame(report.results![name], want[name])
    expect(await readFile(join(folder, 'page.js'), 'utf8')).not.toMatch(
      /onnxruntime_binding|require\("(node:)?(fs|os|path)"\)/
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
