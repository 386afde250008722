import { browserConfig } from '../../vitest.browser.ts'

export default browserConfig(import.meta.dirname, ['fp-ts/lib/function.js'])
