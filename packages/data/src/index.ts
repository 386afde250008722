// Data loaders (CSV, NPY) and small bundled data sets.
export {}
