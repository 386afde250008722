import { mergeConfig } from 'vitest/config'
import { packageConfig } from '../../vitest.shared.ts'

// What is compiled here without naming an engine runs on ONNX Runtime, whatever 'auto' would choose; BDL_ENGINE changes that.
export default mergeConfig(packageConfig(import.meta.dirname), {
  test: { env: { BDL_ENGINE: process.env['BDL_ENGINE'] ?? 'onnx' } }
})
