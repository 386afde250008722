// The Bayesian network of the README runs in a browser, with the lines that the README adds for it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'tsup'
import { expect, test } from 'vitest'
import { examplesOf, pages } from '../src/pages'

const folder = join(import.meta.dirname, '../reports/browser')
const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))

const executablePath = [
  process.env['CHROME_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
].find((path) => path !== undefined && existsSync(path))

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm'
}

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

/** Serves the page, its script, and the runtime where the README says. */
const serve = (): Promise<Server> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/') {
      response.setHeader('Content-Type', 'text/html')
      response.end('<!doctype html><title>test</title><body><script type="module" src="/page.js"></script></body>')
      return
    }
    const path = join(pathname.startsWith('/onnxruntime/') ? runtime : join(folder, 'dist'), basename(pathname))
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

test('the README in a browser', async (context) => {
  if (executablePath === undefined && process.env['CI'] === undefined) context.skip('no Chromium here: set CHROME_PATH')
  expect(executablePath, 'a Chromium; CHROME_PATH names one').toBeDefined()
  await bundle()
  const server = await serve()
  const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage()
    const problems: string[] = []
    const said: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => (message.type() === 'warning' ? problems : said).push(message.text()))
    const address = server.address()
    await page.goto(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`)
    await page.waitForFunction(() => document.body.dataset['done'], undefined, { timeout: 0 })
    expect(problems).toEqual([]) // a warning would say that no ONNX Runtime loads
    expect(said.at(-1)).toMatch(/^Tensor\s+\[\[\d/) // the README prints nine numbers
  } finally {
    await browser.close()
    server.close()
  }
})
