// npm run bench -- [WORKLOAD...] [--peers] [--rounds N]: our workloads beside those of JAX and PyTorch, in one table.
import '@tensorflow/tfjs-backend-cpu'
import 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { measureWorkload, startRuntime } from './measure'
import { findPeers, measureOurs, measurePeer, peers, preparePeers, type Measurement } from './peers'
import { saveResults } from './save'
import { workloads } from './workloads/index'

tf.env().set('PROD', true) // no advice from TensorFlow.js between the rows of a table

const USAGE = 'Usage: npm run bench -- [WORKLOAD...] [--peers] [--rounds N]'
const results = fileURLToPath(new URL('../results', import.meta.url))

/** A process of its own measures one workload and prints one line. */
const measureHere = async (name: string): Promise<void> => {
  const workload = workloads.find((candidate) => candidate.name === name)
  if (workload === undefined)
    throw new Error(`no workload is called ${name}; there are ${workloads.map((w) => w.name).join(', ')}`)
  await startRuntime()
  console.log(JSON.stringify(await measureWorkload(workload)))
}

type Contender = (workload: string) => Promise<readonly Measurement[]>

/** Ours, then the peers; every other round in the opposite order, so that none always runs on a warm machine. */
const contendersOf = (python: string | undefined, main: string): readonly Contender[] => [
  (name) => (workloads.some((workload) => workload.name === name) ? measureOurs(main, name) : Promise.resolve([])),
  ...(python === undefined
    ? []
    : peers.map(
        (peer): Contender =>
          (name) =>
            measurePeer(python, peer, [name])
      ))
]

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      peers: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      measure: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(USAGE)
  if (values.measure !== undefined) return measureHere(values.measure)
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: expected a positive integer`)
  const python = values.peers ? await preparePeers() : findPeers()
  if (python === undefined) console.error('No Python environment: ours alone. `npm run bench -- --peers` makes one.')
  const contenders = contendersOf(python, fileURLToPath(import.meta.url))
  for (const name of positionals.length > 0 ? positionals : workloads.map((workload) => workload.name)) {
    const measured: (readonly Measurement[])[] = []
    for (let round = 0; round < rounds; round++) {
      const found: Measurement[] = []
      for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse())
        found.push(...(await contender(name)))
      measured.push(found)
      console.error(`${name}: round ${round + 1} of ${rounds}`)
    }
    console.log(saveResults(results, name, measured))
  }
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
