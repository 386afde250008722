#!/usr/bin/env node
// The `bdl` command.
console.log('bdl: no command is built yet')
