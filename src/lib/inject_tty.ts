// The events of keyboards and virtual terminals.

import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'
import { InjectError, integer, type Kind, text, texts } from './inject_event.js'
import { inject_keyboard } from './keyboard.js'
import { keyboard_notifier_list, vt_notifier_list } from './luanotifier.js'
import { NOTIFY_STOP } from './notifier_chain.js'

export const keyboard: Kind = {
  fields: ['text', 'keys'],
  hooks: () => keyboard_notifier_list.size,
  inject: async (fields, task, deeds) => {
    const keys = texts(fields, 'keys')
    const typed = text(fields, 'text', '')
    if (typed === '' && keys.length === 0) throw new InjectError("nothing is typed: give a 'text' or 'keys'")
    return inject_keyboard(typed, keys, task, deeds)
  },
}

/** linux/vt.h, and the most of virtual terminals that there can be. */
const VT_ALLOCATE = 1
const VT_DEALLOCATE = 2
const VT_WRITE = 3
const VT_UPDATE = 4
const VT_PREWRITE = 5
const MAX_NR_CONSOLES = 63

/** A text is written on a terminal: do_con_write. Returns what of it is shown. */
async function write(written: string, vc_num: number, task: task_struct, deeds: Deed[]): Promise<string> {
  const call = (event: number, name: string, c: number) =>
    vt_notifier_list.call(event, { c, vc_num }, name, task, deeds)
  let shown = ''
  for (const char of written) {
    const c = char.codePointAt(0) as number
    if ((await call(VT_PREWRITE, 'PREWRITE', c)) === NOTIFY_STOP) continue
    await call(VT_WRITE, 'WRITE', c)
    shown += char
  }
  await call(VT_UPDATE, 'UPDATE', 0)
  return shown
}

const vtEvents = new Map([
  ['allocate', VT_ALLOCATE],
  ['deallocate', VT_DEALLOCATE],
  ['update', VT_UPDATE],
])

export const vt: Kind = {
  fields: ['text', 'vc', 'action'],
  hooks: () => vt_notifier_list.size,
  inject: async (fields, task, deeds) => {
    // A console counts from 0 where tty1 is meant.
    const vc_num = integer(fields, 'vc', 0, MAX_NR_CONSOLES - 1, 0)
    const written = text(fields, 'text', '')
    const actions = texts(fields, 'action')
    if (written === '' && actions.length === 0) throw new InjectError("nothing happens: give a 'text' or an 'action'")
    for (const action of actions) {
      const event = vtEvents.get(action.toLowerCase())
      if (event === undefined)
        throw new InjectError(`no action '${action}' of a terminal: ${[...vtEvents.keys()].join(', ')}`)
      await vt_notifier_list.call(event, { c: 0, vc_num }, action.toUpperCase(), task, deeds)
    }
    return { shown: written === '' ? '' : await write(written, vc_num, task, deeds) }
  },
}
