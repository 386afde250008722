import { describe, expect, test } from 'vitest'
import * as E from 'fp-ts/lib/Either.js'
import { commands } from '../src/commands.js'
import { parse as parseWith } from '../src/options.js'

const parse = (argv: readonly string[]) => parseWith(commands, argv)

const optionsOf = (...argv: readonly string[]): object => {
  const parsed = parse(argv)
  if (E.isLeft(parsed)) throw new Error(parsed.left)
  if (parsed.right.kind !== 'job') throw new Error('expected a command')
  return parsed.right.job.options
}

const faultOf = (...argv: readonly string[]): string => {
  const parsed = parse(argv)
  if (E.isRight(parsed)) throw new Error(`expected a fault for ${argv.join(' ')}`)
  return parsed.left
}

const textOf = (...argv: readonly string[]): string => {
  const parsed = parse(argv)
  if (E.isLeft(parsed) || parsed.right.kind !== 'text') throw new Error('expected a text')
  return parsed.right.text
}

test('without flags the defaults hold', () => {
  expect(optionsOf('weights')).toEqual({
    quick: false,
    seed: 0,
    members: undefined,
    hidden: undefined,
    data: undefined,
    out: 'out'
  })
})

test('every flag is read, in either spelling', () => {
  const expected = { quick: true, seed: 7, members: 8, hidden: 12, data: 'a.csv', out: 'there' }
  const apart = ['--quick', '--seed', '7', '--members', '8', '--hidden', '12', '--data', 'a.csv', '--out', 'there']
  expect(optionsOf('weights', ...apart)).toEqual(expected)
  const joined = ['--quick', '--seed=7', '--members=8', '--hidden=12', '--data=a.csv', '--out=there']
  expect(optionsOf('weights', ...joined)).toEqual(expected)
})

test('ode-net has flags of its own', () => {
  expect(optionsOf('ode-net')).toEqual({ quick: false, seed: 0, data: undefined, out: 'out' })
  const all = ['--quick', '--seed', '7', '--data', 'a.csv', '--out', 'there']
  expect(optionsOf('ode-net', ...all)).toEqual({ quick: true, seed: 7, data: 'a.csv', out: 'there' })
  expect(faultOf('ode-net', '--members', '8')).toContain('--members')
  expect(textOf('ode-net', '--help')).toContain('--data <file.csv>')
})

test('the ends of every range are inside', () => {
  for (const seed of [0, 2 ** 31 - 1]) expect(optionsOf('weights', '--seed', `${seed}`)).toMatchObject({ seed })
  for (const members of [4, 256]) expect(optionsOf('weights', '--members', `${members}`)).toMatchObject({ members })
  for (const hidden of [1, 64]) expect(optionsOf('weights', '--hidden', `${hidden}`)).toMatchObject({ hidden })
})

test.each([
  ['--seed', '-1'],
  ['--seed', '2147483648'],
  ['--seed', '1.5'],
  ['--seed', '1e3'],
  ['--seed', 'x'],
  ['--seed', ''],
  ['--seed', 'NaN'],
  ['--members', '3'],
  ['--members', '257'],
  ['--members', '0x10'],
  ['--hidden', '0'],
  ['--hidden', '65'],
  ['--hidden', 'wide']
])('%s %j is refused with the range and what was given', (flag, value) => {
  const fault = faultOf('weights', `${flag}=${value}`)
  expect(fault).toMatch(new RegExp(`^${flag}: expected an integer from \\d+ to \\d+, got '`))
  expect(fault.endsWith(`'${value}'`)).toBe(true)
})

test.each([
  [['weights', '--bogus'], '--bogus'],
  [['weights', '--qick'], '--qick'],
  [['weights', '--seed'], '--seed'],
  [['weights', '--data'], '--data'],
  [['weights', '--data='], '--data'],
  [['weights', '--out', ''], '--out'],
  [['weights', '-x'], '-x'],
  [['weights', 'extra'], "'extra'"],
  [['frob'], "'frob'"],
  [['--frob'], '--frob']
])('%j is one line that names what is wrong', (argv, named) => {
  const fault = faultOf(...argv)
  expect(fault).toContain(named)
  expect(fault).not.toContain('\n')
  expect(fault).not.toMatch(/^error/i)
})

test('help names every flag, the exit codes and fits a terminal', () => {
  const text = textOf('weights', '--help')
  for (const flag of ['--quick', '--seed', '--members', '--hidden', '--data', '--out', '--help'])
    expect(text).toContain(flag)
  for (const code of ['0 done', '2 bad input', '130 interrupted']) expect(text).toContain(code)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

describe('densities', () => {
  test('without flags: all models, and the sets of the founding texts', () => {
    expect(optionsOf('densities')).toEqual({ quick: false, seed: 0, sets: undefined, models: undefined, out: 'out' })
  })

  test('names are read in any order, each once', () => {
    const argv = [
      '--quick',
      '--seed',
      '5',
      '--sets',
      'rings, two-moons,rings',
      '--models=fm,gaussian',
      '--out',
      'there'
    ]
    expect(optionsOf('densities', ...argv)).toEqual({
      quick: true,
      seed: 5,
      sets: ['two-moons', 'rings'],
      models: ['gaussian', 'fm'],
      out: 'there'
    })
  })

  test.each([
    [['--sets', 'moons'], /^--sets: expected names among two-moons, .*, got 'moons'$/],
    [['--sets='], /^--sets: .* got ''$/],
    [['--models', 'maf,'], /^--models: expected names among gaussian, .*, got ''$/],
    [['--models'], /--models/],
    [['--seed', 'one'], /^--seed: /],
    [['--out='], /^--out: /],
    [['rings'], /'rings'/]
  ])('%j is one line that names what is wrong', (argv, said) => {
    const fault = faultOf('densities', ...argv)
    expect(fault).toMatch(said)
    expect(fault).not.toContain('\n')
  })

  test('help names every flag, set and model, and fits a terminal', () => {
    const text = textOf('densities', '--help')
    for (const word of [
      '--quick',
      '--seed',
      '--sets',
      '--models',
      '--out',
      'two-moons',
      'circles',
      'score-subvp',
      '130'
    ])
      expect(text).toContain(word)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

test('help lists the command, alone or asked for', () => {
  for (const argv of [[], ['--help'], ['help']])
    for (const name of ['weights', 'densities']) expect(textOf(...argv)).toContain(name)
  expect(textOf('help', 'weights')).toContain('--seed')
})

test('the version is that of the package', async () => {
  const { default: manifest } = await import('../package.json')
  expect(textOf('--version').trim()).toBe(manifest.version)
})
