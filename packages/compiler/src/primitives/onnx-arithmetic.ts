/** Arithmetic on names of an ONNX scope: numbers become constants. */
import type { OnnxScope } from '../emit/onnx-scope.js'

type Operand = string | number

export interface OnnxArithmetic {
  readonly op: (name: string, ...operands: readonly Operand[]) => string
  /** c[0] xⁿ⁻¹ + ... + c[n-1], by Horner's rule. */
  readonly polynomial: (x: string, coefficients: readonly number[]) => string
  /** xⁿ for n >= 1, by squaring. */
  readonly power: (x: string, n: number) => string
}

export const arithmetic = (scope: OnnxScope): OnnxArithmetic => {
  const nameOf = (operand: Operand): string => (typeof operand === 'number' ? scope.scalar(operand) : operand)
  const op: OnnxArithmetic['op'] = (name, ...operands) => scope.node(name, operands.map(nameOf))
  const polynomial: OnnxArithmetic['polynomial'] = (x, [first, second, ...rest]) => {
    if (second === undefined) return nameOf(first!)
    const scaled = first === 1 ? x : op('Mul', x, first!)
    return rest.reduce<string>((sum, c) => op('Add', op('Mul', sum, x), c), op('Add', scaled, second))
  }
  const power: OnnxArithmetic['power'] = (x, n) => {
    if (n === 1) return x
    const half = power(x, Math.floor(n / 2))
    const squared = op('Mul', half, half)
    return n % 2 === 0 ? squared : op('Mul', squared, x)
  }
  return { op, polynomial, power }
}
