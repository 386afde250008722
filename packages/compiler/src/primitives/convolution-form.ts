/**
 * The form behind convolutions: image x, kernel w and output y are tied by a sum that is linear in each,
 *
 *   T(x, w, y) = Σ x[n, (g, c), i] w[(g, o), c, k] y[n, (g, o), p]   over i = p stride + k dilation - padding before.
 *
 * The convolution is ∂T/∂y, its gradients are ∂T/∂x (a transposed convolution) and ∂T/∂w.
 *
 * Layouts, with any number of spatial axes: x [N, G C, ...image], w [G O, C, ...kernel], y [N, G O, ...positions].
 */
import { BdlError } from '../errors.js'
import { sameShape } from '../graph/graph.js'
import type { Shape } from '../graph/graph.js'
import { whereabouts } from '../trace/user-line.js'
import { positionsOf, type Windows } from './windows.js'

export const ROLES = ['image', 'kernel', 'output'] as const
export type Role = (typeof ROLES)[number]

export type ConvolutionAttrs = Windows & {
  /** What is computed; the operands are the other two, in the order of `ROLES`. */
  readonly of: Role
  readonly groups: number
  /** Spatial sizes of image and kernel. */
  readonly image: Shape
  readonly kernel: Shape
}

export const operandsOf = (of: Role): readonly [Role, Role] =>
  of === 'image' ? ['kernel', 'output'] : of === 'kernel' ? ['image', 'output'] : ['image', 'kernel']

export interface ConvolutionSizes {
  readonly examples: number
  readonly groups: number
  /** Channels of image and output in each group. */
  readonly inner: number
  readonly outer: number
  readonly positions: Shape
}

type Shapes = Partial<Record<Role, Shape>>

const mismatch = (expected: string, shapes: Shapes): BdlError =>
  new BdlError({
    code: 'ShapeMismatch',
    fn: 'convolution',
    argument: Object.keys(shapes).join(', '),
    expected,
    got: Object.values(shapes)
      .map((shape) => `[${shape.join(', ')}]`)
      .join(' and '),
    ...whereabouts()
  })

/** All sizes, from the shapes of two operands. @error ShapeMismatch where they do not fit each other or the attributes */
export const sizesOf = (inputs: readonly { readonly shape: Shape }[], attrs: ConvolutionAttrs): ConvolutionSizes => {
  const roles = operandsOf(attrs.of)
  const shapes: Shapes = { [roles[0]]: inputs[0]!.shape, [roles[1]]: inputs[1]!.shape }
  const { image, kernel, output } = shapes
  const { groups } = attrs
  const positions = positionsOf('convolution', attrs.image, attrs.kernel, attrs)
  const inner = kernel?.[1] ?? image![1]! / groups
  const outer = (output?.[1] ?? kernel![0]!) / groups
  const examples = (image ?? output)?.[0] ?? 0
  const fits =
    (image === undefined || sameShape(image, [output?.[0] ?? examples, groups * inner, ...attrs.image])) &&
    (kernel === undefined || sameShape(kernel, [groups * outer, inner, ...attrs.kernel])) &&
    (output === undefined || sameShape(output, [examples, groups * outer, ...positions]))
  if (!fits || !Number.isInteger(inner) || !Number.isInteger(outer))
    throw mismatch(`examples, channels in ${groups} group(s) and spatial sizes that agree`, shapes)
  return { examples, groups, inner, outer, positions }
}

export const shapeOf = (
  role: Role,
  { examples, groups, inner, outer, positions }: ConvolutionSizes,
  attrs: ConvolutionAttrs
) =>
  role === 'image'
    ? [examples, groups * inner, ...attrs.image]
    : role === 'kernel'
      ? [groups * outer, inner, ...attrs.kernel]
      : [examples, groups * outer, ...positions]
