// How wide a text will be, for laying out legends and headings without a browser.

/** Widths of characters in a sans-serif font, as shares of the font size: between Arial's and DejaVu Sans's. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijlI.,:;|'!]/, 0.3],
  [/[ ftr()[\]/"-]/, 0.38],
  [/[mwMW@%—]/, 0.92],
  [/[A-Z+=<>→−]/, 0.7]
]

const OTHER = 0.59

const characterWidth = (character: string): number => WIDTHS.find(([pattern]) => pattern.test(character))?.[1] ?? OTHER

/** Estimated width of a line of text, in the units of the font size. */
export const textWidth = (text: string, fontSize: number): number =>
  Math.ceil(Array.from(text).reduce((total, character) => total + characterWidth(character), 0) * fontSize)
