// Initial value problems: methods, step-size control, events, adjoints; stochastic differential equations.
export {
  backsolve,
  direct,
  interpolated,
  type Adjoint,
  type ContinuousAdjoint,
  type DirectAdjoint
} from './adjoint/adjoint.js'
export {
  adaptive,
  fixedSteps,
  givenSteps,
  type AdaptiveControl,
  type Control,
  type FixedControl,
  type GivenControl
} from './control.js'
export { type Event, type Found } from './events.js'
export { bosh3 } from './methods/bosh3.js'
export { dopri5 } from './methods/dopri5.js'
export { dopri8 } from './methods/dopri8.js'
export { euler, heun, midpoint, rk4, rk4ThreeEighths } from './methods/low-order.js'
export { rodas4, rodas5p } from './methods/rodas.js'
export { rosenbrock, type RosenbrockSolver, type RosenbrockTableau } from './methods/rosenbrock.js'
export {
  leapfrog,
  semiImplicitEuler,
  symplectic,
  yoshida4,
  type Composition,
  type SymplecticSolver
} from './methods/symplectic.js'
export { isFsal, tableau, type ButcherTableau, type ExplicitSolver } from './methods/tableau.js'
export { tsit5 } from './methods/tsit5.js'
export { type Field, type Observed, type Solution, type SolveOptions } from './options.js'
export { everyStep, type EveryStep, type SaveAt } from './plan.js'
export { solve } from './solve.js'
export {
  type Memory,
  type Solver,
  type StepResult,
  type Stepper,
  type StepperProblem,
  type VectorField
} from './solver.js'
export { describeStatus, SolveStatus } from './status.js'
export { type Tolerance } from './tolerance.js'
export { gradOfSolve, type SolveGradient, type Statistics } from './grad-of-solve.js'
export { brownianMotion, type BrownianMotion, type BrownianOptions } from './sde/brownian.js'
export { eulerHeun, eulerMaruyama, type SdeSolver, type SdeStep, type SdeTerms } from './sde/methods.js'
export { solveSde, type SdeOptions, type SdeSolution } from './sde/solve-sde.js'
