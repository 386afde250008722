/** Writes a table where it can be looked up: results/<workloads>.json with every measurement, and .md beside it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { markdownTable, summarise, type Round } from './table'

/** What the numbers depend on. */
export const machine = () => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  platform: `${process.platform} ${process.arch}`,
  node: process.version
})

export const saveResults = (folder: string, name: string, rounds: readonly Round[], date = new Date()): string => {
  const rows = summarise(rounds)
  const table = markdownTable(rows)
  const where = machine()
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ date: date.toISOString(), machine: where, rows, rounds }, null, 2)}\n`
  )
  const note =
    `${date.toISOString().slice(0, 10)}, ${where.processor}, ${where.cores} cores, ${where.platform}, Node ${where.node}. ` +
    `${rounds.length} rounds; every measurement in a process of its own, ours and the peers' taking turns. Medians, with the ` +
    'least and the most of the rounds in brackets; ratios within rounds.'
  writeFileSync(join(folder, `${name}.md`), `# ${name}\n\n${note}\n\n${table}\n`)
  return table
}
