// drivers/tty/vt/defkeymap.c: what the keys of a US keyboard mean on a console, and uapi/linux/input-event-codes.h:
// their names.

/** The types of keysyms, linux/keyboard.h: the high byte of a keysym is 0xf0 more. */
export const KT_LATIN = 0
export const KT_SPEC = 2
export const KT_SHIFT = 7
export const KT_META = 8
export const KT_LETTER = 11

/** The bits of the state of the modifiers: 1 << KG_SHIFT and so on. */
export const shifted = 1
const altgr = 2
const control = 4
const alt = 8

/** The highest number of a key that events may have. */
export const KEY_MAX = 0x2ff

const names = `
  1 ESC 14 BACKSPACE 15 TAB 28 ENTER 29 LEFTCTRL 42 LEFTSHIFT 54 RIGHTSHIFT 55 KPASTERISK 56 LEFTALT 57 SPACE
  58 CAPSLOCK 59 F1 60 F2 61 F3 62 F4 63 F5 64 F6 65 F7 66 F8 67 F9 68 F10 69 NUMLOCK 70 SCROLLLOCK 71 KP7 72 KP8
  73 KP9 74 KPMINUS 75 KP4 76 KP5 77 KP6 78 KPPLUS 79 KP1 80 KP2 81 KP3 82 KP0 83 KPDOT 86 102ND 87 F11 88 F12
  96 KPENTER 97 RIGHTCTRL 98 KPSLASH 99 SYSRQ 100 RIGHTALT 102 HOME 103 UP 104 PAGEUP 105 LEFT 106 RIGHT 107 END
  108 DOWN 109 PAGEDOWN 110 INSERT 111 DELETE 112 MACRO 113 MUTE 114 VOLUMEDOWN 115 VOLUMEUP 116 POWER 117 KPEQUAL
  119 PAUSE 125 LEFTMETA 126 RIGHTMETA 127 COMPOSE 142 SLEEP 143 WAKEUP 163 NEXTSONG 164 PLAYPAUSE 165 PREVIOUSSONG
  12 MINUS 13 EQUAL 26 LEFTBRACE 27 RIGHTBRACE 39 SEMICOLON 40 APOSTROPHE 41 GRAVE 43 BACKSLASH 51 COMMA 52 DOT
  53 SLASH`

/** The rows of keys with characters: the first key, the characters, and those with Shift. */
const rows: readonly (readonly [number, string, string])[] = [
  [2, '1234567890-=', '!@#$%^&*()_+'],
  [16, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [57, ' ', ' '],
  [86, '<', '>'],
]

/** The keysyms of the other keys, the same with all modifiers. */
const others = `
  1 f01b 14 f07f 15 f009 28 f201 29 f702 42 f700 54 f700 55 f30c 56 f703 58 f207 59 f100 60 f101 61 f102 62 f103 63 f104
  64 f105 65 f106 66 f107 67 f108 68 f109 69 f208 70 f209 71 f307 72 f308 73 f309 74 f30b 75 f304 76 f305 77 f306 78 f30a
  79 f301 80 f302 81 f303 82 f300 83 f310 84 f206 87 f10a 88 f10b 96 f30e 97 f702 98 f30d 99 f01c 100 f701 101 f205
  102 f114 103 f603 104 f118 105 f601 106 f602 107 f117 108 f600 109 f119 110 f115 111 f116 112 f11a 113 f10c 114 f10d
  115 f11b 116 f11c 117 f110 118 f311 119 f11d`

const words = (text: string) => text.trim().split(/\s+/)

/** The numbers of keys, by their names without KEY_. */
export const keycodes: ReadonlyMap<string, number> = new Map([
  ...words(names).flatMap((word, i, all): [string, number][] =>
    i % 2 === 0 ? [[all[i + 1] as string, Number(word)]] : [],
  ),
  ...rows.flatMap(([first, plain]) =>
    [...plain].flatMap((c, i): [string, number][] => (/[a-z0-9]/.test(c) ? [[c.toUpperCase(), first + i]] : [])),
  ),
])

/** K_HOLE: what a key without a meaning has. */
export const K_HOLE = 0xf200

const plainMap = new Map<number, number>(
  words(others).flatMap((word, i, all): [number, number][] =>
    i % 2 === 0 ? [[Number(word), Number.parseInt(all[i + 1] as string, 16)]] : [],
  ),
)
const shiftMap = new Map(plainMap)
const ctrlMap = new Map(plainMap)
const altMap = new Map(plainMap)

/** How a character is typed: its key, and whether with Shift. */
export const typing = new Map<string, { readonly code: number; readonly shift: boolean }>([
  ['\n', { code: 28, shift: false }],
  ['\r', { code: 28, shift: false }],
  ['\t', { code: 15, shift: false }],
  ['\b', { code: 14, shift: false }],
  ['\x7f', { code: 14, shift: false }],
  ['\x1b', { code: 1, shift: false }],
])

const keysym = (c: string) => ((/[a-z]/i.test(c) ? KT_LETTER : KT_LATIN) << 8) | 0xf000 | c.charCodeAt(0)

for (const [first, plain, upper] of rows) {
  for (const [i, c] of [...plain].entries()) {
    const code = first + i
    const large = upper[i] as string
    plainMap.set(code, keysym(c))
    shiftMap.set(code, keysym(large))
    if (/[a-z[\\\]]/.test(c)) ctrlMap.set(code, 0xf000 | (c.charCodeAt(0) & 0x1f))
    else ctrlMap.set(code, c === ' ' ? 0xf000 : K_HOLE)
    altMap.set(code, ((0xf0 | KT_META) << 8) | c.charCodeAt(0))
    if (!typing.has(c)) typing.set(c, { code, shift: false })
    if (!typing.has(large)) typing.set(large, { code, shift: true })
  }
}

/** The maps of keys by the state of the modifiers; a state without one is unbound: key_maps. */
export const key_maps: ReadonlyMap<number, ReadonlyMap<number, number>> = new Map([
  [0, plainMap],
  [shifted, shiftMap],
  [altgr, plainMap],
  [control, ctrlMap],
  [control | shifted, ctrlMap],
  [alt, altMap],
  [control | alt, ctrlMap],
])
