/** Continuous flows, trained by maximum likelihood. */
import { exactTrace, cnf, isotropicNormal, regularisedNll, velocityMlp, type RegularisedNllOptions } from '@bdl/flows'
import { tanh } from '@bdl/nn'
import type { MlpParams } from '@bdl/nn'
import { fixedSteps, rk4 } from '@bdl/ode'
import { BASE_SCALE } from './layered.js'
import { densityModel, type DensityModel } from './model.js'
import { evaluation, wayOf } from './way.js'

const source = isotropicNormal(2, BASE_SCALE)

type Price = Pick<RegularisedNllOptions<MlpParams>, 'trace' | 'kinetic' | 'jacobian'>

const continuousFlow = (name: string, title: string, price: Price): DensityModel =>
  densityModel<MlpParams>(name, title, (settings) => {
    // Slow in time: what the few steps of training do not resolve would be learnt for their error, and be wrong when solved.
    const field = velocityMlp({ dimension: 2, hidden: settings.hidden, activation: tanh, frequencies: 1 })
    const model = { field, base: source }
    const training = { ...model, solver: rk4, control: fixedSteps(settings.trainingSteps) }
    return {
      fitting: {
        kind: 'trained',
        effort: 'likelihood',
        init: field.init,
        loss: regularisedNll({ ...training, ...price })
      },
      build: cnf({ ...model, ...evaluation(settings) }).build,
      path: (params) => wayOf(field.build(params), { source, t0: 0, t1: 1 }, settings)
    }
  })

export const continuous = [
  continuousFlow('cnf', 'CNF, exact trace', { trace: () => exactTrace() }),
  continuousFlow('ffjord', 'FFJORD (one probe)', {}),
  continuousFlow('rnode', 'RNODE', { kinetic: 0.01, jacobian: 0.01 })
]
