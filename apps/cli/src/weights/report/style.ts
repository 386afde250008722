/** One colour per method across the whole report. */
import { colours } from '@bdl/report'

export const METHODS = ['MAP', 'ensemble', 'mean-field VI', 'HMC', 'SGHMC', 'generated'] as const

export const methodColours = colours(METHODS)
