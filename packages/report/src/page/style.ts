// The look of a report: one column, system fonts, light or dark as the reader's system is.

/** Style sheet of a report; no font, picture or other file is loaded. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1d232b; --soft: #5b6673; --line: #dfe3e8; --tint: #f5f7f9; --mark: #0063a0 }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e4e8ec; --soft: #9aa6b2; --line: #2f3740; --tint: #1c2229; --mark: #6cb8ee }
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { max-width: 56rem; margin: 0 auto; padding: 3rem 1.5rem 5rem }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.015em; text-wrap: balance }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 3.5rem 0 .75rem; padding-top: 1.1rem; border-top: 1px solid var(--line) }
p, ul { margin: .75rem 0; max-width: 44rem; text-wrap: pretty }
li { margin: .25rem 0 }
a { color: var(--mark) }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--tint); padding: .1em .3em; border-radius: 3px }
.lead { color: var(--soft); font-size: 1.08rem; margin-bottom: 1.5rem }
.notice { border-left: 4px solid #d55e00; background: var(--tint); padding: .6rem 1rem; max-width: none }
nav ol { margin: 1.5rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; font-size: .95rem }
nav a { text-decoration: none }
nav a:hover { text-decoration: underline }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.75rem, 1fr)); gap: 1px; margin: 1.75rem 0; padding: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
.facts div { box-shadow: 0 0 0 1px var(--line); padding: .9rem 1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end }
.facts dt { color: var(--soft); font-size: .85rem; line-height: 1.35 }
.facts dd { margin: 0 0 .1rem; font-size: 1.25rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums }
figure { margin: 1.75rem 0 }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; overflow: visible }
figcaption, caption { color: var(--soft); font-size: .92rem; line-height: 1.5; text-align: left; max-width: 44rem }
figcaption { margin-top: .6rem }
figcaption a { white-space: nowrap; font-size: .85em }
.table { overflow-x: auto; margin: 1.5rem 0 }
table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.4 }
caption { padding-bottom: .6rem }
th, td { padding: .42rem .7rem; text-align: left; vertical-align: baseline }
thead th { border-bottom: 2px solid var(--line); font-weight: 600; vertical-align: bottom }
tbody th { font-weight: 400 }
tbody tr { border-bottom: 1px solid var(--line) }
tbody tr:hover { background: var(--tint) }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.quiet { color: var(--soft); font-style: italic }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .88rem }
@media (max-width: 40rem) { main { padding: 1.5rem 1rem 3rem } h1 { font-size: 1.6rem } th, td { padding: .38rem .45rem } }
@media print { main { max-width: none; padding: 0 } nav, figcaption a { display: none } figure, .table { break-inside: avoid } h2 { break-after: avoid } }
`
