/** Writes results where they can be looked up: NAME.json with every measurement, and NAME.md, the tables. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { markdownSection } from './markdown'
import { sectionsOf, type Found } from './sections'

/** What the numbers depend on. */
export const machine = () => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.version
})

const noteOf = (rounds: number, date: Date): string => {
  const { processor, cores, memoryGigabytes, platform, node } = machine()
  const where = `${processor}, ${cores} cores, ${memoryGigabytes} GB, ${platform}, Node ${node}`
  const how = `${rounds} round${rounds === 1 ? '' : 's'}, every measurement in a process of its own, contenders taking turns.`
  return `${date.toISOString().slice(0, 10)}, ${where}.\n${how} Medians, and in brackets the least and the most of the rounds; ratios within rounds.`
}

/** The tables of a report. */
export const tablesOf = (found: Found): string => sectionsOf(found).map(markdownSection).join('\n\n')

export const saveResults = (folder: string, name: string, found: Found, date = new Date()): void => {
  const { rounds, contenders, workloads } = found
  mkdirSync(folder, { recursive: true })
  const json = { date: date.toISOString(), machine: machine(), workloads, contenders, rounds }
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`)
  const text = `# Bench: ${name}\n\n${noteOf(rounds.length, date)}\n\n${tablesOf(found)}\n`
  writeFileSync(join(folder, `${name}.md`), text)
}
