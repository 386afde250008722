#!/usr/bin/env node
// The `bdl` command. TensorFlow.js prints a banner in Node unless it is told that this is production.
import * as tf from '@tensorflow/tfjs-core'
import { EXIT } from './command.js'
import { main } from './main.js'

tf.env().set('PROD', true)
await import('@tensorflow/tfjs-backend-cpu')

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`bdl: ${error instanceof Error ? error.message : String(error)}\n`)
  if (process.env['BDL_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return EXIT.fault
})
