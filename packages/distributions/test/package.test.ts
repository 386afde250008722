import { expect, test } from 'vitest'
import * as index from '../src/index'

test('the package loads from source and has no default export', () => {
  expect('default' in index).toBe(false)
})
