// Which packages a package may import. Arrows point down only; every package may import the compiler and the core.
const base = ['compiler', 'core']

const libraries = {
  compiler: [],
  core: ['compiler'],
  bijectors: base,
  distributions: [...base, 'bijectors'],
  nn: base,
  ode: base,
  flows: [...base, 'bijectors', 'distributions', 'nn', 'ode'],
  inference: [...base, 'bijectors', 'distributions', 'flows', 'nn', 'ode'],
  symmetry: [...base, 'nn'],
  metanet: [...base, 'nn', 'symmetry'],
  data: base,
  report: base
}

const all = Object.keys(libraries)

/** Folder of a package -> names of the packages that it may import. */
module.exports = Object.fromEntries([
  ...Object.entries(libraries).map(([name, allowed]) => [`packages/${name}`, allowed]),
  ['apps/cli', all],
  ['apps/demo', all],
  ['bench', all],
  ['tools/docs', all],
  ['tools/testing', ['compiler']]
])
