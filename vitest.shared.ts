// One test configuration for all packages. Packages of this workspace resolve to their source, so nothing is built first.
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname

export const packageConfig = (directory: string) =>
  defineConfig({
    root: directory,
    resolve: {
      alias: [
        { find: /^@bdl\/testing$/, replacement: resolve(root, 'tools/testing/src/index.ts') },
        { find: /^@bdl\/flows\/toy$/, replacement: resolve(root, 'packages/flows/src/toy.ts') },
        { find: /^@bdl\/([a-z]+)\/testing$/, replacement: `${resolve(root, 'packages')}/$1/src/testing.ts` },
        { find: /^@bdl\/([a-z]+)$/, replacement: `${resolve(root, 'packages')}/$1/src/index.ts` }
      ]
    },
    test: {
      include: ['test/**/*.test.ts'],
      setupFiles: [resolve(root, 'vitest.setup.ts')],
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: 120_000,
      hookTimeout: 120_000
    }
  })
