import { browserConfig } from '../../vitest.browser.ts'

export default browserConfig(import.meta.dirname, ['@bufbuild/protobuf/wire'])
