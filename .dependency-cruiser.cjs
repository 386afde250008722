// Holds the packages to their arrows, and files to no cycles, no deep imports and no undeclared dependencies.
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const arrows = require('./scripts/lib/arrows.cjs')

const manifestOf = (folder) => JSON.parse(readFileSync(join(__dirname, folder, 'package.json'), 'utf8'))

// What a package declares has to be allowed; what it imports has to be declared. Tests may also use @bdl/testing.
const declared = (folder) => {
  const { dependencies = {}, devDependencies = {} } = manifestOf(folder)
  const names = (record) =>
    Object.keys(record)
      .filter((name) => name.startsWith('@bdl/'))
      .map((name) => name.slice(5))
  const source = names(dependencies)
  const wrong = source.filter((name) => !arrows[folder].includes(name))
  if (wrong.length > 0)
    throw new Error(`${folder}/package.json depends on ${wrong}: not an arrow of scripts/lib/arrows.cjs`)
  return { source, test: [...source, ...names(devDependencies)] }
}

const folderOf = (name) => (name === 'testing' ? 'tools/testing' : `packages/${name}`)

const arrowRules = Object.keys(arrows)
  .filter((folder) => existsSync(join(__dirname, folder, 'package.json')))
  .flatMap((folder) => {
    const { source, test } = declared(folder)
    const rule = (name, path, allowed) => ({
      name: `arrow: ${folder} (${name})`,
      comment: `${folder} may import only: ${allowed.join(', ') || 'no other package'}`,
      severity: 'error',
      from: { path },
      to: {
        path: '^(packages|apps|bench|tools)/',
        pathNot: [`^${folder}/`, ...allowed.map((other) => `^${folderOf(other)}/`)]
      }
    })
    // The helpers for tests use the compiler without declaring it: the compiler's own tests use the helpers.
    if (folder === 'tools/testing') return [rule('source', `^${folder}/`, arrows[folder])]
    return [rule('source', `^${folder}/src/`, source), rule('test', `^${folder}/test/`, test)]
  })

module.exports = {
  forbidden: [
    ...arrowRules,
    {
      name: 'no-cycle',
      comment: 'A file reaches itself through its imports.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
    },
    {
      name: 'no-deep-import',
      comment:
        'Another package is imported by its name, that is, through its index, its laws as <name>/testing, or its data as <name>/toy.',
      severity: 'error',
      from: { path: '^((?:packages|apps|tools)/[^/]+|bench)/' },
      to: {
        path: '^(?:packages|tools)/[^/]+/',
        pathNot: ['^$1/', '^(?:packages|tools)/[^/]+/src/(?:index|testing|toy)\\.ts$']
      }
    },
    {
      name: 'no-relative-import-of-a-package',
      comment: 'Another package is imported by its name, not by a path.',
      severity: 'error',
      from: { path: '^((?:packages|apps|tools)/[^/]+|bench)/' },
      to: { path: '^(?:packages|tools)/[^/]+/', pathNot: '^$1/', dependencyTypesNot: ['aliased'] }
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'A dependency that no package.json names.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] }
    },
    {
      name: 'no-development-dependency-in-source',
      comment: 'What is published may not need a development dependency.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm', 'npm-peer', 'npm-optional'] }
    },
    {
      name: 'no-unresolvable-import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|reports|out|node_modules/\\.cache|\\.turbo|\\.venv)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] }
  }
}
