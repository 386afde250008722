// Helpers for the tests of this repository: fixtures, comparisons.
export {}
