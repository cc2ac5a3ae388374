// luaconf.h's lua_pointer2str: how values are shown that are told apart by their place alone.

/** Numbers for values whose engine has no pointers. */
const pointers = new WeakMap<object, number>()
let lastPointer = 0x1000

function numberOf(value: object): number {
  let number = pointers.get(value)
  if (number === undefined) {
    lastPointer += 0x20
    number = lastPointer
    pointers.set(value, number)
  }
  return number
}

/** A pointer as the kernel prints one: 16 hexadecimal digits. What has no place is NULL. */
export function lua_pointer2str(p: unknown): string {
  const isObject = (typeof p === 'object' && p !== null) || typeof p === 'function'
  const number = isObject ? numberOf(p) : typeof p === 'number' ? p : 0
  return number.toString(16).padStart(16, '0')
}
