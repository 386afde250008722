/** The built command, as a user starts it. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flowerRows } from './tiny.js'

const PROGRAM = resolve(import.meta.dirname, '../dist/bin.js')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bdl-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** @param onText hears what is written to stderr as it comes; `stop` sends SIGINT */
const run = (argv: readonly string[], onText: (text: string, stop: () => void) => void = () => {}): Promise<Ended> =>
  new Promise((settle, fail) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => void (text.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      text.stderr += chunk.toString()
      onText(text.stderr, () => void child.kill('SIGINT'))
    })
    child.on('error', fail)
    child.on('close', (code) => settle({ code, ...text }))
  })

const file = (name: string, lines: readonly string[]): string => {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  return name
}

const table = (change: (rows: string[]) => void = () => {}): readonly string[] => {
  const rows = flowerRows(90).map((row) => row.join(','))
  change(rows)
  return ['sepal,petal,width,length,kind', ...rows]
}

const expectOneLine = ({ code, stdout, stderr }: Ended, said: RegExp): void => {
  expect(stderr).toMatch(said)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toMatch(/^bdl: /)
  expect(stderr).not.toMatch(/\bat .*:\d+/)
  expect(stdout).toBe('')
  expect(code).toBe(2)
}

describe('what a user gets wrong is one line and exit code 2', () => {
  test.each([
    ['an unknown command', ['wieghts'], /unknown command 'wieghts'/],
    ['an unknown flag', ['weights', '--sede', '1'], /unknown option '--sede'/],
    ['a bad number', ['weights', '--hidden', '2.5'], /--hidden: expected an integer from 1 to 64, got '2.5'/],
    ['a missing value', ['weights', '--data'], /--data/],
    ['a missing file', ['weights', '--data', 'none.csv'], /none\.csv: no such file/],
    ['an unknown data set', ['densities', '--sets', 'moons'], /--sets: expected names among .*, got 'moons'/],
    ['a folder for a file', ['weights', '--data', '.'], /is a folder, not a file/]
  ])('%s', async (_, argv, said) => {
    expectOneLine(await run(argv), said)
  })

  test.each([
    ['a ragged row', table((rows) => void (rows[4] = '1,2,3,0')), /bad\.csv: row 6 has 4 cells, expected 5/],
    [
      'a non-number',
      table((rows) => void (rows[2] = '1,2,x,4,0')),
      /bad\.csv: row 4, column 'width': 'x' is not a number/
    ],
    ['an empty cell', table((rows) => void (rows[0] = '1,,3,4,0')), /row 2, column 'petal': the cell is empty/],
    ['an infinite number', table((rows) => void (rows[0] = '1,1e999,3,4,0')), /row 2, column 'petal'/],
    [
      'a label out of range',
      table((rows) => void (rows[7] = '1,2,3,4,9')),
      /row 9, column 'kind': label 9 is out of range/
    ],
    ['a label that is no integer', table((rows) => void (rows[7] = '1,2,3,4,0.5')), /row 9, column 'kind'/],
    ['too few rows', table().slice(0, 11), /bad\.csv: expected at least 40 rows, got 10/],
    ['no rows', table().slice(0, 1), /bad\.csv: a header but no rows/],
    ['an empty file', [''], /bad\.csv: the file has no rows/],
    ['one class', table((rows) => rows.fill('1,2,3,4,0')), /expected at least two classes/]
  ])('%s', async (_, lines, said) => {
    expectOneLine(await run(['weights', '--quick', '--data', file('bad.csv', lines)]), said)
  })

  test('an output folder that cannot be written, before any work', async () => {
    file('taken', ['a file'])
    expectOneLine(
      await run(['weights', '--quick', '--out', join('taken', 'out')]),
      /--out taken.out: cannot write there/
    )
    expectOneLine(await run(['weights', '--quick', '--out', 'taken']), /--out taken: cannot write there/)
  })
})

test('help goes to stdout, with exit code 0', async () => {
  const { code, stdout, stderr } = await run(['weights', '--help'])
  expect(stdout).toContain('--seed <n>')
  expect(stderr).toBe('')
  expect(code).toBe(0)
})

// Windows has no SIGINT that one process could send to another
if (process.platform !== 'win32') {
  test('Ctrl-C leaves a partial report and exit code 130', async () => {
    mkdirSync(join(folder, 'partial'))
    let isStopped = false
    const argv = ['weights', '--quick', '--members', '4', '--data', file('good.csv', table()), '--out', 'partial']
    const { code, stdout, stderr } = await run(argv, (text, stop) => {
      if (isStopped || !text.includes('mean-field VI')) return
      isStopped = true
      stop()
    })
    expect(stderr).toContain('Stopping: a partial report is being written')
    expect(stderr).toContain('Partial report: ')
    expect(stderr).not.toMatch(/tensorflow|warn|error/i)
    expect(stdout).toBe('')
    expect(code).toBe(130)
    expect(readdirSync(join(folder, 'partial')).sort()).toEqual(['report.html', 'report.json', 'timings.json'])
    const report = JSON.parse(readFileSync(join(folder, 'partial', 'report.json'), 'utf8'))
    expect(report.isComplete).toBe(false)
    expect(report.data).toMatchObject({ name: 'good.csv', classes: 3, train: 54 })
    expect(report.methods.map(({ name }: { name: string }) => name)).toEqual(['MAP', 'ensemble', 'mean-field VI'])
  })
}
