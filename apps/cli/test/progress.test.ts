import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { advance, barLine, duration, endLine, reporterFor, timeLeft } from '../src/progress.js'

test('durations read as a person says them', () => {
  expect([0, 0.04, 12.34, 59.94, 59.96, 75, 3600].map(duration)).toEqual([
    '0.0 s',
    '0.0 s',
    '12.3 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 15 s',
    '60 min 0 s'
  ])
})

test('time left is the rest at the mean speed, and the clock runs on between steps', () => {
  const begun = { start: 100, done: 0, total: 1, heard: 100 }
  expect(timeLeft(begun, 103)).toBe('')
  const first = advance(begun, 2, 10, 104)
  expect(timeLeft(first, 104)).toBe('16.0 s left')
  expect(timeLeft(first, 106)).toBe('14.0 s left')
  expect(timeLeft(first, 500)).toBe('0.0 s left')
  expect(timeLeft(advance(first, 10, 10, 120), 120)).toBe('finishing')
})

test('a second pass of a stage is timed from its own start', () => {
  const trained = advance({ start: 0, done: 0, total: 1, heard: 0 }, 700, 700, 50)
  const drawing = advance(trained, 64, 256, 51)
  expect(timeLeft(drawing, 51)).toBe('3.0 s left')
})

test('a bar is never wider than the terminal, for any name and share', () => {
  const names = [
    'HMC',
    'repair by HMC, metanet + data gradient',
    'a name that is far too long for its column, and goes on'
  ]
  for (const columns of [20, 60, 80, 120, 200])
    for (const name of names)
      for (const share of [-1, 0, 0.37, 1, 1.2])
        expect(barLine(name, share, '59 min 59 s left', columns).length).toBeLessThan(columns)
})

test('at 80 columns a bar shows percentage and time left in full', () => {
  const line = barLine('metanet + data gradient, canonical', 0.5, '12 min 34 s left', 80)
  expect(line).toMatch(/^metanet \+ data gradient, canonical +█+░+ +50% {2}12 min 34 s left$/)
})

test('notes are aligned, and go under their stage where they do not fit', () => {
  const [short, long] = ['HMC', 'repair by HMC, metanet + data gradient'].map((name) => endLine(name, 3.2, 'note', 80))
  expect(short?.indexOf('note')).toBe(long?.indexOf('note'))
  const wrapped = endLine('HMC', 3.2, 'log joint -874, R-hat 1.470 at most, and more', 80).split('\n')
  expect(wrapped).toHaveLength(2)
  for (const line of wrapped) expect(line.length).toBeLessThanOrEqual(80)
})

test('in a log each stage is one line, without control characters', () => {
  const written: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      done()
    }
  })
  const reporter = reporterFor(Object.assign(sink, { isTTY: false }) as NodeJS.WriteStream)
  const stage = reporter.stage('HMC')
  stage.update(1, 2)
  stage.finish('done')
  reporter.say('end')
  reporter.close()
  const text = written.join('')
  expect(text).toMatch(/^HMC +\d+\.\d s {2}done\nend\n$/)
})
