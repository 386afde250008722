/** The commands of the program, in the order of its help. */
import type { Command } from './command.js'
import { densitiesCommand } from './densities/command.js'
import { odeNetCommand } from './ode-net/command.js'
import { weightsCommand } from './weights/command.js'

export const commands: readonly Command[] = [weightsCommand, densitiesCommand, odeNetCommand]
