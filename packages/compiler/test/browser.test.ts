import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'tsup'
import { expect, test } from 'vitest'
import { referenceEngine } from '../src/engines/reference'
import { runAll, type Results } from './support/browser-programs'

const BROWSERS = [
  process.env['CHROME_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
]

const findBrowser = (): string | undefined => BROWSERS.find((path) => path !== undefined && existsSync(path))

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

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm'
}

/** Serves the page, its script and the runtime, isolated as threads in WebAssembly demand. */
const serve = (folder: string): Promise<Server> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    if (pathname === '/') {
      response.setHeader('Content-Type', 'text/html')
      response.end('<!doctype html><title>test</title><body><script type="module" src="/page.js"></script></body>')
      return
    }
    const path = join(pathname.startsWith('/runtime/') ? runtimeFolder : folder, basename(pathname))
    readFile(path).then(
      (content) => {
        response.setHeader('Content-Type', TYPES[pathname.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
        response.end(content)
      },
      () => response.writeHead(404).end()
    )
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

interface Report {
  readonly error?: string
  readonly isolated?: boolean
  readonly results?: Results
}

const visit = async (executablePath: string, url: string): Promise<Report> => {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  })
  try {
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    const text = await page
      .waitForFunction(() => document.body.dataset['results'], undefined, { timeout: 0 })
      .then((handle) => handle.jsonValue())
    expect(errors).toEqual([])
    const report: Report = JSON.parse(text ?? '{}')
    return report
  } finally {
    await browser.close()
  }
}

const expectSame = (got: readonly number[], want: readonly number[]): void => {
  expect(got).toHaveLength(want.length)
  got.forEach((x, i) => expect(x).toBeCloseTo(want[i]!, 5))
}

test('a bundled page compiles with WebAssembly and computes what the float64 reference computes', async (context) => {
  const executablePath = findBrowser()
  if (executablePath === undefined && process.env['CI'] === undefined) context.skip('no Chromium here: set CHROME_PATH')
  expect(executablePath, 'a Chromium; CHROME_PATH names one').toBeDefined()
  const folder = await mkdtemp(join(tmpdir(), 'bdl-browser-'))
  const server = await bundle(folder).then(() => serve(folder))
  try {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const report = await visit(executablePath!, `http://127.0.0.1:${port}/`)
    expect(report.error).toBeUndefined()
    expect(report.isolated).toBe(true)
    const want = await runAll(referenceEngine)
    expect(report.results!.bits).toEqual(want.bits)
    for (const name of ['gradient', 'scan', 'batch'] as const) expectSame(report.results![name], want[name])
    expect(await readFile(join(folder, 'page.js'), 'utf8')).not.toContain('onnxruntime_binding')
  } finally {
    server.close()
    await rm(folder, { recursive: true })
  }
})
