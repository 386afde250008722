// Runs programs without a shell, so that arguments and paths mean the same on Linux, macOS and Windows.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { root } from './workspace.mjs'

const signals = ['SIGINT', 'SIGTERM']

/** Resolves to the exit code of a child. A signal that comes meanwhile is passed on, and ends this process after the child. */
const finished = (child) =>
  new Promise((done, fail) => {
    let interrupted
    const forward = (signal) => {
      interrupted = signal
      child.kill(signal)
    }
    const listening = (change) => signals.forEach((signal) => process[change](signal, forward))
    listening('on')
    child.on('error', fail)
    child.on('close', (code, signal) => {
      listening('off')
      if (interrupted) process.exit(128 + constants.signals[interrupted])
      done(code ?? 128 + constants.signals[signal])
    })
  })

/** Runs Node with `args`; the terminal is the child's. Resolves to its exit code. */
export const runNode = (args, options = {}) =>
  finished(spawn(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }))

/** Runs Node with `args` and keeps what it prints. Resolves to its exit code and its output. */
export const captureNode = async (args, options = {}) => {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const chunks = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => chunks.push(chunk))
  const code = await finished(child)
  return { code, output: chunks.join('') }
}
