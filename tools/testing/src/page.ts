/** A bundled script in a page of a real browser: served from folders, visited once. */
import { createServer, type Server } from 'node:http'
import type { Page } from 'playwright-core'
import { CHROMIUM_FLAGS } from './chromium.js'

export interface Site {
  /** Path prefix -> folder; the longest prefix that fits wins. `/` must be one of them. */
  readonly folders: Readonly<Record<string, string>>
  /** The module that the page at `/` loads. */
  readonly script: string
  /** Whether the page is cross-origin isolated, as threads in WebAssembly demand. */
  readonly isIsolated: boolean
}

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

const pageOf = (script: string): string =>
  `<!doctype html><title>test</title><link rel="icon" href="data:,"><body><script type="module" src="${script}"></script></body>`

const listen = (server: Server): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    })
  })

/** Serves a site on a free port of this machine. */
export const serveSite = async ({ folders, script, isIsolated }: Site) => {
  const { default: sirv } = await import('sirv') // here and below: most tests want none of this, and should not wait for it
  const mounts = Object.entries(folders)
    .sort(([a], [b]) => b.length - a.length)
    .map(([prefix, folder]) => ({ prefix, handle: sirv(folder, { dev: true }) }))
  const server = createServer((request, response) => {
    if (isIsolated) for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value)
    const url = request.url ?? '/'
    const mount = mounts.find(({ prefix }) => url.startsWith(prefix))
    if (url === '/') response.setHeader('Content-Type', 'text/html').end(pageOf(script))
    else if (mount === undefined) response.writeHead(404).end()
    else {
      request.url = `/${url.slice(mount.prefix.length)}`
      mount.handle(request, response)
    }
  })
  return { url: await listen(server), close: () => server.close() }
}

export interface Visit<A> {
  readonly result: A
  /** Errors that nothing caught, and warnings. */
  readonly problems: readonly string[]
  /** What else the page said on its console. */
  readonly said: readonly string[]
}

export interface VisitOptions {
  readonly executablePath: string
  readonly flags?: readonly string[]
}

/** Opens a site in a browser, hands the page to `body`, and closes both. */
export const visitSite = async <A>(
  site: Site,
  { executablePath, flags = CHROMIUM_FLAGS }: VisitOptions,
  body: (page: Page) => Promise<A>
): Promise<Visit<A>> => {
  const { chromium } = await import('playwright-core')
  const { url, close } = await serveSite(site)
  const browser = await chromium.launch({ executablePath, args: [...flags] })
  try {
    const page = await browser.newPage()
    const problems: string[] = []
    const said: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) =>
      (['warning', 'error'].includes(message.type()) ? problems : said).push(message.text())
    )
    await page.goto(url)
    return { result: await body(page), problems, said }
  } finally {
    await browser.close()
    close()
  }
}
