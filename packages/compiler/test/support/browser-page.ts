/** What the page of the browser test runs. */
import '@tensorflow/tfjs-backend-cpu'
import { onnxEngine } from '../../src/engines/onnx-runtime'
import { runAll } from './browser-programs'

const report = (text: string): void => {
  document.body.dataset['results'] = text
}

runAll(onnxEngine({ wasmPaths: `${location.origin}/runtime/` })).then(
  (results) => report(JSON.stringify({ results, isolated: crossOriginIsolated })),
  (error: unknown) => report(JSON.stringify({ error: String(error) }))
)
