// The same tests in a page of headless Chromium, isolated from other origins so that WebAssembly may have threads there.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, mergeConfig } from 'vitest/config'
import { WEBGPU_FLAGS, findChromium } from './tools/testing/src/chromium.ts'
import { packageConfig } from './vitest.shared.ts'

const helper = /from '(\.{1,2}\/[^']*support\/[^']+)'/g

/** Whether a test, or a helper that it imports, imports a module of Node: it spawns, bundles or reads folders. */
const needsNode = (file: string): boolean => {
  const text = readFileSync(file, 'utf8')
  if (/from 'node:/.test(text)) return true
  const helpers = [...text.matchAll(helper)].map(([, path]) => resolve(dirname(file), `${path}.ts`))
  return helpers.some((path) => existsSync(path) && /from 'node:/.test(readFileSync(path, 'utf8')))
}

/** Test files that stay in Node; all others run in the page too. */
const nodesOwn = (directory: string): string[] =>
  readdirSync(resolve(directory, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && needsNode(resolve(directory, 'test', path)))
    .map((path) => `test/${path.replaceAll('\\', '/')}`)

// What tests and sources import: bundled once before the first test, since a dependency found later would reload the page.
const DEPENDENCIES = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'fast-check']

export const browserConfig = (directory: string, dependencies: readonly string[] = []) => {
  const executablePath = findChromium()
  if (executablePath === undefined) console.warn('No Chromium here, so nothing runs in a browser: set CHROME_PATH')
  const page = defineConfig({
    resolve: {
      alias: [{ find: /^@bdl\/testing$/, replacement: resolve(import.meta.dirname, 'tools/testing/src/in-page.ts') }]
    },
    optimizeDeps: {
      include: [...DEPENDENCIES, ...dependencies],
      exclude: ['onnxruntime-node', 'onnxruntime-web'], // the latter finds its .wasm beside itself
      noDiscovery: true
    },
    server: {
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    },
    test: {
      name: 'browser',
      exclude: executablePath === undefined ? ['**'] : nodesOwn(directory),
      passWithNoTests: executablePath === undefined,
      browser: {
        enabled: executablePath !== undefined,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: { ...(executablePath !== undefined && { executablePath }), args: [...WEBGPU_FLAGS] }
        }),
        instances: [{ browser: 'chromium' }]
      }
    }
  })
  return mergeConfig(packageConfig(directory), page)
}
