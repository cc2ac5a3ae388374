// lunatik_conf.h: what the kernel fixes when it is built and a process here sets before it makes runtimes.
import { totalmem } from 'node:os'
import { lua_setmaxstack } from '../lua/lua.js'

/** The memory of the machine, or of the container that the process is in, in bytes. */
const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)

/** How long what keeps others waiting may take where there is no deadline, in milliseconds. */
const limitMs = 5000

/** How long what keeps others waiting may take, in milliseconds: as long as a call, if that has a deadline. */
export const lunatik_limit = (): number => lunatik_conf.deadline || limitMs

/** The kernel's LUAI_MAXSTACK. */
const stackDefault = 200
let stack = stackDefault
lua_setmaxstack(stack)

/** Settings of the process, read each time they are needed. */
export const lunatik_conf = {
  /**
   * The folders that stand for /lib/modules/lua, in the order in which scripts and modules are looked for.
   * `package.path` of a new runtime is made of them.
   */
  root: [] as string[],

  /**
   * How long Lua may have a processor in one call before it is ended with ETIMEDOUT, in milliseconds. 0 means for ever.
   */
  deadline: 5000,

  /**
   * How long Lua runs in process context before others that could run have their turn, in milliseconds. 0 means to the
   * end of the call or its first sleep: then a call that only computes returns what it gives, and never a promise.
   */
  slice: 0,

  /**
   * How many values the stack of a thread of Lua may have: the kernel's LUAI_MAXSTACK. More lets scripts recurse
   * deeper, and pass more values at once, than they can on a kernel.
   */
  get stack(): number {
    return stack
  },
  set stack(slots: number) {
    lua_setmaxstack(slots)
    stack = slots
  },

  /**
   * How many bytes of lunatik_malloc and of objects' private data a runtime may hold, and of its Lua, where the engine
   * knows that.
   */
  memory: 64 << 20,

  /**
   * How many bytes all runtimes of this thread may hold together: their Lua, and what lies outside of V8's heap. A part
   * is kept for new runtimes and for the control device. By default a quarter of the machine's or the container's; with
   * the engine wasm Lua has 2 GiB at most.
   */
  total: machine / 4,
}
