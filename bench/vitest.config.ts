import { mergeConfig } from 'vitest/config'
import { packageConfig } from '../vitest.shared.ts'

// The gradients of TensorFlow.js lie in a file that Node cannot load unbundled; see src/others/tfjs.ts.
export default mergeConfig(packageConfig(import.meta.dirname), {
  test: { server: { deps: { inline: [/tfjs-core\/dist\/(?!tf-core)/] } } }
})
