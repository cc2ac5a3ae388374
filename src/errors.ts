// How the command ends when something is wrong: one line on standard error and an exit code.

/** The command line itself is wrong. */
export const EXIT_USAGE = 2
/** The command line is right, but what it asks for can't be done. */
export const EXIT_FAILURE = 1

/** An error for the user, in one line that says what, where and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: number

  constructor(message: string, exitCode = EXIT_FAILURE, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
