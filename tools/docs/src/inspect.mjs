// Draws docs/images/audit.svg and docs/images/explain.svg, and prints what they are pictures of.
import { mkdirSync, writeFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { audit, explainWith, formatAudit, formatExplanation } from '@bdl/compiler'
import { auditPicture, graphPicture, svg } from '@bdl/report'
import { recurrentData, recurrentStep, standardise, temperatures } from './inspected.mjs'

tf.env().set('PROD', true)

const images = new URL('../../../docs/images/', import.meta.url)
mkdirSync(images, { recursive: true })

const audited = await audit(standardise, temperatures())
console.log(formatAudit(audited))
const picture = await svg(auditPicture(audited), { background: '#ffffff', ink: '#24292f' })
writeFileSync(new URL('audit.svg', images), `${picture}\n`)

const explained = await explainWith({ name: 'recurrent step' })(recurrentStep, ...recurrentData())
console.log(`\n${formatExplanation(explained)}`)
writeFileSync(new URL('explain.svg', images), `${await graphPicture(explained.dot, { background: '#ffffff' })}\n`)
