// npm run bench -- --peers [WORKLOAD...]: the workloads as JAX and PyTorch run them on this machine, in one table.
import { type Measurement, measurePeer, peers, preparePeers } from './peers'

const row = ({ workload, peer, firstSeconds, stepMilliseconds, peakMegabytes }: Measurement) => ({
  workload,
  peer,
  'first result (s)': firstSeconds,
  'step (ms)': stepMilliseconds,
  'peak memory (MB)': peakMegabytes
})

const main = async (args: readonly string[]): Promise<void> => {
  if (!args.includes('--peers')) {
    console.log('Usage: npm run bench -- --peers [WORKLOAD...]')
    return
  }
  const workloads = args.filter((arg) => arg !== '--peers')
  const python = await preparePeers()
  const results: Measurement[] = []
  for (const peer of peers) results.push(...(await measurePeer(python, peer, workloads)))
  console.table(results.map(row))
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
