#!/usr/bin/env node
// The command `lunatik`.
import { commands, exit } from './cli/commands.js'
import { main } from './cli/program.js'

const io = {
  commands,
  env: process.env,
  // Looked up at each use: a command that serves puts others in their places.
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
}

await exit(await main(process.argv.slice(2), io))
