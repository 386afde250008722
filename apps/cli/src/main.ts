/** `bdl` from arguments to exit code. */
import * as E from 'fp-ts/lib/Either.js'
import { complain, EXIT } from './command.js'
import { commands } from './commands.js'
import { parse } from './options.js'
import { reporterFor } from './progress.js'

/** @param argv arguments after the program's name */
export const main = async (argv: readonly string[], stream: NodeJS.WriteStream = process.stderr): Promise<number> => {
  const reporter = reporterFor(stream)
  const parsed = parse(commands, argv)
  if (E.isLeft(parsed)) return complain(reporter, parsed.left)
  if (parsed.right.kind === 'text') {
    process.stdout.write(parsed.right.text)
    return EXIT.done
  }
  try {
    return await parsed.right.job.run(reporter)
  } finally {
    // a fault inside a stage must not leave a bar that keeps the process alive
    reporter.close()
  }
}
