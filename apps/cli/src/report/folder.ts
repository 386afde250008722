/** The folder of a report. */
import { access, constants, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT } from '../command.js'
import type { Reporter } from '../progress.js'

/** One line for what the file system refuses. */
const refusal = (folder: string, error: unknown): string =>
  `--out ${folder}: cannot write there: ${error instanceof Error ? error.message : String(error)}`

/** Makes the folder; the line that says why not, or null. Called before minutes of work, not after. */
export const madeFolder = async (folder: string): Promise<string | null> => {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return null
  } catch (error) {
    return refusal(folder, error)
  }
}

/** Texts by the name of their file; what a command has beside the usual three is its own business. */
export type Files = Readonly<Record<'report.html' | 'report.json' | 'timings.json' | (string & {}), string>>

/** Writes the files by name, and says where the page and its numbers are. */
export const writeReport = async (
  folder: string,
  files: Files,
  isComplete: boolean,
  reporter: Reporter
): Promise<number> => {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const [html, json] = [join(folder, 'report.html'), join(folder, 'report.json')]
  reporter.say(`\n${isComplete ? 'Report' : 'Partial report'}: ${html} (numbers: ${json})`)
  return isComplete ? EXIT.done : EXIT.interrupted
}
