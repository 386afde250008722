/** The form of a kernel table, and access to a kernel's inputs by name. */
import type { Tensor } from '@tensorflow/tfjs-core'

export type KernelInputs = Readonly<Record<string, Tensor>>

export type KernelTable = Readonly<
  Record<string, (inputs: KernelInputs, attrs: Readonly<Record<string, unknown>>) => readonly Tensor[]>
>

export const inputOf = (inputs: KernelInputs, name: string): Tensor => {
  const input = inputs[name]
  if (input === undefined)
    throw new Error(`kernel input '${name}' is missing; there are ${Object.keys(inputs).join(', ')}`)
  return input
}

/** Inputs of a kernel that takes a list. */
export const inputsOf = (inputs: KernelInputs): readonly Tensor[] => Object.values(inputs)
