import { mergeConfig } from 'vitest/config'
import { browserConfig } from '../../vitest.browser.ts'

// As in vitest.config.ts: what names no engine runs on ONNX Runtime.
export default mergeConfig(browserConfig(import.meta.dirname, ['@bufbuild/protobuf/wire']), {
  test: { env: { BDL_ENGINE: process.env['BDL_ENGINE'] ?? 'onnx' } }
})
