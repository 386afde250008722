// Runs programs without a shell, so that arguments and paths mean the same on Linux, macOS and Windows.
import { spawn } from 'node:child_process'
import { root } from './workspace.mjs'

// Ctrl-C reaches the whole process group: the child decides what to leave behind, and we wait for it.
const keepWaiting = () => {}
process.on('SIGINT', keepWaiting)
process.on('SIGTERM', keepWaiting)

const exitCode = (code, signal) => code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1)

/** Runs Node with `args`; the terminal is the child's. Resolves to its exit code. */
export const runNode = (args, options = {}) =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', ...options })
    child.on('error', fail)
    child.on('close', (code, signal) => done(exitCode(code, signal)))
  })

/** Runs Node with `args` and keeps what it prints. Resolves to its exit code and its output. */
export const captureNode = (args, options = {}) =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    const keep = (chunk) => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', fail)
    child.on('close', (code, signal) => done({ code: exitCode(code, signal), output }))
  })
