// Initial value problems: explicit Runge-Kutta methods, step-size control, adjoints.
export { adaptive, fixedSteps, type AdaptiveControl, type Control, type FixedControl } from './control.js'
export { SolveStatus, solve, type Field, type Solution, type SolveOptions } from './solve.js'
export { isFsal, tableau, type ButcherTableau } from './tableau.js'
export { bosh3, dopri5, euler, heun, midpoint, rk4, rk4ThreeEighths, tsit5 } from './tableaus.js'
