// Runs an ONNX model once in a process of its own and prints by how many bytes its largest resident set grew. Memory is
// taken and given back tensor by tensor, without the arena, so that this is what is alive at one time.
import { readFileSync } from 'node:fs'
import ort from 'onnxruntime-node'

const [file] = process.argv.slice(2)
const shapes = JSON.parse(readFileSync(`${file}.json`, 'utf8'))
const session = await ort.InferenceSession.create(file, {
  graphOptimizationLevel: 'extended',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false
})
const feeds = Object.fromEntries(
  shapes.map(([name, shape]) => {
    const size = shape.reduce((n, d) => n * d, 1)
    return [
      name,
      new ort.Tensor(
        'float32',
        Float32Array.from({ length: size }, (_, i) => Math.sin(i) / 10),
        shape
      )
    ]
  })
)
const resident = () => process.resourceUsage().maxRSS * 1024
const before = resident()
await session.run(feeds)
console.log(resident() - before)
