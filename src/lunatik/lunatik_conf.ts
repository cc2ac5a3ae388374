// lunatik_conf.h: what the kernel fixes when it is built and a process here sets before it makes runtimes.

/** Settings of the process, read each time they are needed. */
export const lunatik_conf = {
  /**
   * The folders that stand for /lib/modules/lua, in the order in which scripts and modules are looked for.
   * `package.path` of a new runtime is made of them.
   */
  root: [] as string[],

  /** How long Lua may run in one call before it is ended with ETIMEDOUT, in milliseconds. 0 means for ever. */
  deadline: 5000,

  /** How many bytes of lunatik_malloc and of objects' private data a runtime may hold, and of its Lua, where the engine knows that. */
  memory: 64 << 20,
}
