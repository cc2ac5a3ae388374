// `lunatik load`, `unload`, `reload`: on a kernel they load its modules. Here they are for scripts that were written
// there.

/** Says that there is nothing to do. Returns the exit code. */
export function load(command: 'load' | 'unload' | 'reload'): number {
  process.stdout.write(`nothing to ${command}: the modules are a part of each mount\n`)
  return 0
}
