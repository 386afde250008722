// Gives every test file the plain TypeScript backend of TensorFlow.js, without its advice to install another one.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'

tf.env().set('PROD', true)

// BDL_ENGINE=wasm npx vitest: functions that name no engine run on that one
const engine = typeof process === 'undefined' ? undefined : process.env['BDL_ENGINE']
if (engine === 'onnx' || engine === 'wasm' || engine === 'eager' || engine === 'reference') {
  const { setDefaultEngine } = await import('./packages/compiler/src/index')
  setDefaultEngine(engine)
}
