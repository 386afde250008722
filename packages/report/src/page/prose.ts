// Text for a page: everything escaped, and three marks understood.

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** Text as HTML text or attribute value: no markup comes through. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c)

// Marks are replaced after escaping: what they put in is the only markup there is.
const inline = (text: string): string =>
  escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')

const isList = (block: string): boolean => block.split('\n').every((line) => /^\s*- /.test(line))

const listItems = (block: string): string =>
  block
    .split('\n')
    .map((line) => `<li>${inline(line.replace(/^\s*- /, ''))}</li>`)
    .join('')

/**
 * Prose as HTML: blank lines part paragraphs, lines that all begin with `- ` make a list, and **strong** and `code` are
 * marked so. Everything else is shown as it is written, markup included.
 *
 * @example prose('a **b** <c>') // => '<p>a <strong>b</strong> &lt;c&gt;</p>'
 */
export const prose = (text: string): string =>
  text
    .trim()
    .split(/\n\s*\n/)
    .filter((block) => block.trim() !== '')
    .map((block) => (isList(block) ? `<ul>${listItems(block)}</ul>` : `<p>${inline(block)}</p>`))
    .join('\n')

/** One line of prose without its paragraph: for captions and cells. */
export const proseLine = (text: string): string => inline(text.trim())
