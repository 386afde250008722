// npm run bench -- [WORKLOAD...] [--peers] [--rounds N] [--quick]: our workloads beside those of JAX and PyTorch.
import '@tensorflow/tfjs-backend-cpu'
import 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import { fileURLToPath } from 'node:url'
import type { Contender } from './contenders/contender'
import { localContenders, measureHere } from './contenders/local'
import { findPeers, preparePeers, pythonContenders } from './contenders/python'
import { isFailure, type Outcome } from './measurement'
import { parseOptions, USAGE, WORKLOADS, type Options } from './options'
import { saveResults, tablesOf } from './report/save'
import { runRounds } from './rounds'

tf.env().set('PROD', true) // no advice from TensorFlow.js between the rows of a table

const results = fileURLToPath(new URL('../results', import.meta.url))

const contendersFor = async ({ makePeers, only, repeats }: Options): Promise<readonly Contender[]> => {
  const python = makePeers ? await preparePeers() : findPeers()
  if (python === undefined) console.error('No Python environment: no peers. `npm run bench -- --peers` makes one.')
  const local = localContenders(fileURLToPath(import.meta.url), repeats)
  const peers = python === undefined ? [] : pythonContenders(python)
  // ours beside the peers, the rest after them: neighbours in time are those that are compared
  const all = [...local.slice(0, 1), ...peers, ...local.slice(1)]
  const odd = only.find((name) => all.every((contender) => contender.name !== name))
  if (odd !== undefined) throw new Error(`--only ${odd}: there are ${all.map(({ name }) => name).join(', ')}`)
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

const outcomeText = (outcome: Outcome): string =>
  `${outcome.contender} ${isFailure(outcome) ? 'failed' : outcome.stepMilliseconds.toPrecision(3)}`

const compare = async (options: Options): Promise<void> => {
  const { workloads, rounds, isQuick, out } = options
  const contenders = await contendersFor(options)
  const found = { contenders, workloads }
  const name = workloads.length === WORKLOADS.length ? 'all' : workloads.join('+')
  const folder = out ?? (isQuick ? undefined : results)
  const all = await runRounds({
    contenders,
    workloads,
    rounds,
    onWorkload: (round, outcomes) =>
      console.error(
        `round ${round + 1} of ${rounds}, ${outcomes[0]?.workload}, ms: ${outcomes.map(outcomeText).join(', ')}`
      ),
    onRound: (so) => {
      if (folder !== undefined) saveResults(folder, name, { ...found, rounds: so })
    }
  })
  console.log(`\n${tablesOf({ ...found, rounds: all })}`)
  if (folder !== undefined) console.error(`\nKept as ${name}.md and ${name}.json in ${folder}`)
  if (all.flat().some(isFailure)) process.exitCode = 1
}

const main = async (): Promise<void> => {
  const options = parseOptions(process.argv.slice(2))
  const { wantsHelp, measure, workloads, repeats } = options
  if (wantsHelp) return console.log(USAGE)
  if (measure === undefined) return compare(options)
  console.log(JSON.stringify(await measureHere(measure, workloads[0]!, repeats)))
}

// an exit, unlike the signal itself, takes the measuring process along
process.once('SIGTERM', () => process.exit(143))
process.once('SIGINT', () => process.exit(130))

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
