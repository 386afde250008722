/** The models of the table, in the order of its rows. */
import { baselines } from './models/baselines.js'
import { continuous } from './models/continuous.js'
import { diffusion } from './models/diffusion.js'
import { layered } from './models/layered.js'
import { matching } from './models/matching.js'
import type { DensityModel } from './models/model.js'

export const models: readonly DensityModel[] = [...baselines, ...layered, ...continuous, ...matching, ...diffusion]
