// The helpers of tests that run in a page: as index.ts, without what starts browsers and servers.
import { fixturesFrom } from './fixture.js'

/** The file beside the test, from the server of the tests. Blocks, since suites are described in one go. */
const read = (name: string, from: string): string | undefined => {
  const { pathname } = new URL(`fixtures/${name}`, from)
  const request = new XMLHttpRequest()
  // modules are served by their path on the disk, other files by it under this prefix
  request.open('GET', pathname.startsWith('/@fs/') ? pathname : `/@fs${pathname}`, false)
  request.send()
  // where there is no file, the server answers with its page
  const isFile = request.status === 200 && (request.getResponseHeader('content-type') ?? '').includes('json')
  return isFile ? request.responseText : undefined
}

export const { loadFixture, describeFixture } = fixturesFrom({ read, ownFolder: () => undefined })
export * from './everywhere.js'
