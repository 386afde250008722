import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findChromium, serveSite, visitSite } from '../src/index'

const folder = mkdtempSync(join(tmpdir(), 'bdl-site-'))
writeFileSync(join(folder, 'page.js'), 'console.log("isolated", crossOriginIsolated); console.warn("careful")')
writeFileSync(join(folder, 'module.wasm'), new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
afterAll(() => rmSync(folder, { recursive: true }))

const site = (isIsolated: boolean) => ({ folders: { '/': folder, '/deep/': folder }, script: '/page.js', isIsolated })

test('a site: the page, files by type, folders by the longest prefix, nothing above them', async () => {
  const { url, close } = await serveSite(site(true))
  const get = (path: string): Promise<Response> => fetch(`${url}${path}`)
  const page = await get('/')
  expect(await page.text()).toContain('src="/page.js"')
  expect(page.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp')
  expect((await get('/deep/module.wasm')).headers.get('Content-Type')).toBe('application/wasm')
  expect((await get('/page.js')).headers.get('Content-Type')).toMatch(/^text\/javascript/)
  for (const path of ['/none.js', '/%2e%2e/%2e%2e/etc/passwd', '/deep/../../etc/passwd'])
    expect((await get(path)).status).toBe(404)
  close()
})

test.for([true, false])('a visit, isolated: %s', async (isIsolated, context) => {
  const executablePath = findChromium()
  if (executablePath === undefined) return context.skip('no Chromium here: set CHROME_PATH')
  const { result, problems, said } = await visitSite(site(isIsolated), { executablePath }, (page) => page.title())
  expect([result, problems, said]).toEqual(['test', ['careful'], [`isolated ${isIsolated}`]])
})
