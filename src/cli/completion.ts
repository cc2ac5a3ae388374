// `lunatik completion SHELL`: what a shell needs to complete the command line. The script that it prints asks the
// hidden command `complete` at each Tab, so that it knows what this version knows.
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

/** Adds the two commands to the whole of the others. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' })
}
