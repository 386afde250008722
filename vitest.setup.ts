// Gives every test file the plain TypeScript backend of TensorFlow.js, without its advice to install another one.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'

declare global {
  interface ImportMeta {
    /** Vitest's, in Node and in pages. */
    readonly env: Readonly<Record<string, unknown>>
  }
}

tf.env().set('PROD', true)

// BDL_ENGINE=wasm npx vitest: functions that name no engine run on that one
const { BDL_ENGINE: engine } = import.meta.env
if (engine === 'onnx' || engine === 'wasm' || engine === 'eager' || engine === 'reference') {
  const { setDefaultEngine } = await import('./packages/compiler/src/index')
  setDefaultEngine(engine)
}
