// drivers/tty/vt/keyboard.c: what a key that is pressed or released tells the chain of keyboard notifiers, and what of
// it comes to the console.
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'
import { InjectError } from './inject_event.js'
import {
  K_HOLE,
  KEY_MAX,
  KT_LATIN,
  KT_LETTER,
  KT_META,
  KT_SHIFT,
  KT_SPEC,
  key_maps,
  keycodes,
  shifted,
  typing,
} from './keymap.js'
import { keyboard_notifier_list } from './luanotifier.js'
import { NOTIFY_STOP } from './notifier_chain.js'

const KBD_KEYCODE = 1
const KBD_UNBOUND_KEYCODE = 2
const KBD_KEYSYM = 4
const KBD_POST_KEYSYM = 5

const KEY_ENTER_SYM = 0xf201
const K_CAPS = 0xf207

/** What a key does: it is released, pressed, or still held. */
type Stroke = 'up' | 'down' | 'repeat'

/** The state of the keyboard, which stays from one event to the next. */
let shift_state = 0
let capslock = false
const key_down = new Set<number>()

/** Has the modifiers be those of the keys that are held: do_compute_shiftstate. */
function compute_shiftstate(): void {
  shift_state = 0
  for (const code of key_down) {
    const keysym = key_maps.get(0)?.get(code) ?? K_HOLE
    if ((keysym >> 8) - 0xf0 === KT_SHIFT) shift_state |= 1 << (keysym & 0xff)
  }
}

/** One event of a key: kbd_keycode. Returns the text that comes to the console; null where a notifier stopped it. */
async function kbd_keycode(code: number, stroke: Stroke, task: task_struct, deeds: Deed[]): Promise<string | null> {
  const down = stroke !== 'up'
  if (down) key_down.add(code)
  else key_down.delete(code)
  const shift = shift_state
  const call = (event: number, name: string, value: number) =>
    keyboard_notifier_list.call(event, { down, shift, value }, name, task, deeds)
  const map = key_maps.get(shift)
  if ((await call(KBD_KEYCODE, 'KEYCODE', code)) === NOTIFY_STOP || map === undefined) {
    await call(KBD_UNBOUND_KEYCODE, 'UNBOUND_KEYCODE', code)
    compute_shiftstate()
    return null
  }
  let keysym = map.get(code) ?? K_HOLE
  let type = (keysym >> 8) - 0xf0
  if (type === KT_LETTER) {
    type = KT_LATIN
    if (capslock) keysym = key_maps.get(shift ^ shifted)?.get(code) ?? keysym
  }
  if ((await call(KBD_KEYSYM, 'KEYSYM', keysym)) === NOTIFY_STOP) return null
  const typed = handle(type, keysym, down, stroke === 'repeat')
  await call(KBD_POST_KEYSYM, 'POST_KEYSYM', keysym)
  return typed
}

/** What a keysym does: k_handler. Returns the text that comes to the console. */
function handle(type: number, keysym: number, down: boolean, repeats: boolean): string {
  const value = keysym & 0xff
  if (type === KT_SHIFT && !repeats) {
    if (down) shift_state |= 1 << value
    else shift_state &= ~(1 << value)
  }
  if (!down) return ''
  if (keysym === K_CAPS && !repeats) capslock = !capslock
  if (type === KT_SPEC && keysym === KEY_ENTER_SYM) return '\r'
  if (type === KT_LATIN) return String.fromCharCode(value)
  return type === KT_META ? `\x1b${String.fromCharCode(value)}` : ''
}

/** The number of a key: a name of input-event-codes.h, with or without KEY_, or a number. */
function keycode(name: string): number {
  const code = /^\d+$/.test(name) ? Number(name) : keycodes.get(name.toUpperCase().replace(/^KEY_/, ''))
  if (code !== undefined && code > 0 && code <= KEY_MAX) return code
  throw new InjectError(
    `no key '${name}': give a name of input-event-codes.h, as LEFTCTRL or KEY_UP, or a number from 1 to ${KEY_MAX}`,
  )
}

type Strokes = (readonly [code: number, stroke: Stroke])[]

/** What a key or a chord stands for: `A`, `LEFTCTRL+C`, `LEFTSHIFT:down`. */
function strokesOf(key: string): Strokes {
  const [, chord = '', stroke] = /^(.*?)(?::(up|down|repeat))?$/s.exec(key) ?? []
  const codes = chord.split('+').map(keycode)
  if (stroke !== undefined) return codes.map((code) => [code, stroke as Stroke])
  return [...codes.map((code) => [code, 'down'] as const), ...codes.toReversed().map((code) => [code, 'up'] as const)]
}

/** The strokes that type a text. */
function typed(text: string): Strokes {
  const leftShift = keycode('LEFTSHIFT')
  return [...text].flatMap((c): Strokes => {
    const key = typing.get(c)
    if (key === undefined)
      throw new InjectError(`no key types ${JSON.stringify(c)}: the keyboard is a US one; give its keys by name`)
    const stroke: Strokes = [
      [key.code, 'down'],
      [key.code, 'up'],
    ]
    return key.shift ? [[leftShift, 'down'], ...stroke, [leftShift, 'up']] : stroke
  })
}

/**
 * Presses and releases keys.
 * @param text typed on a US keyboard
 * @param keys pressed and released after that, each a name, a number or a chord
 * @returns what comes to the console, and how many events of keys notifiers have stopped
 */
export async function inject_keyboard(
  text: string,
  keys: readonly string[],
  task: task_struct,
  deeds: Deed[],
): Promise<{ strokes: number; typed: string; stopped: number }> {
  const strokes = [...typed(text), ...keys.flatMap(strokesOf)]
  let console = ''
  let stopped = 0
  for (const [code, stroke] of strokes) {
    const came = await kbd_keycode(code, stroke, task, deeds)
    if (came === null) stopped++
    else console += came
  }
  return { strokes: strokes.length, typed: console, stopped }
}
