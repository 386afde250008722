// Lint rules for all packages: correctness, the size of files, and what traced code must not use.
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const differentiation = 'grad|grads|valueAndGrad|valueAndGrads|variableGrads|customGrad'
const randomness =
  'randomNormal|randomUniform|randomUniformInt|randomStandardNormal|randomGamma|truncatedNormal|multinomial|dropout'
const reading = 'dataSync|arraySync'

// Forbids members of TensorFlow.js, whether written tf.name or imported by name.
const tfMember = (names, message) => [
  { selector: `MemberExpression[object.name="tf"][property.name=/^(${names})$/]`, message },
  {
    selector: `ImportDeclaration[source.value="@tensorflow/tfjs-core"] ImportSpecifier[imported.name=/^(${names})$/]`,
    message
  }
]

const everywhere = [
  {
    selector: 'TSAsExpression > TSAnyKeyword',
    message: 'Do not silence the compiler with `as any`: narrow the type, or go through `unknown` with a reason.'
  },
  { selector: 'ExportDefaultDeclaration', message: 'Name every export: no default exports.' }
]

const inSource = [
  ...everywhere,
  ...tfMember(
    differentiation,
    "TensorFlow.js's tape is wrong at second order: use grad, vjp or valueAndGrad of @bdl/compiler."
  ),
  ...tfMember(randomness, 'Random numbers come from an explicit key: use the random functions of @bdl/core.'),
  ...tfMember('variable', 'State is passed as a value: no tf.Variable in library code.'),
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'Random numbers come from an explicit key: use the random functions of @bdl/core.'
  }
]

const noReading = {
  selector: `CallExpression > MemberExpression[property.name=/^(${reading})$/]`,
  message: 'A traced function cannot read a value: keep it a tensor, or move this to a driver or a diagnostic.'
}

// The packages and files whose work is to read values: engines, loaders, metrics, canonical forms, diagnostics,
// and the host arrays of the core.
const readers = [
  'packages/{compiler,data,report,symmetry}/src/**/*.ts',
  'packages/core/src/host-*.ts',
  'packages/inference/src/**/diagnostics/**/*.ts',
  'packages/inference/src/**/*diagnostic*.ts'
]

export default tseslint.config(
  { ignores: ['**/dist/', '**/reports/', '**/out/', '**/.turbo/', '**/.venv/', '**/node_modules/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-ignore': true, 'ts-nocheck': true, 'ts-expect-error': 'allow-with-description' }
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' }
      ],
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error'
    }
  },
  { files: ['**/src/**/*.ts', '**/test/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...everywhere] } },
  { files: ['packages/*/src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...inSource, noReading] } },
  { files: readers, rules: { 'no-restricted-syntax': ['error', ...inSource] } },
  { files: ['**/test/**', '**/*.test.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        module: 'readonly',
        require: 'readonly',
        __dirname: 'readonly',
        URL: 'readonly'
      }
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' }
  }
)
