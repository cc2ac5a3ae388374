// luaskb.c: packets, for the hooks that get them.
//
// A packet whose header claims more bytes than there are raises in checksum; on a kernel that is a BUG.
import {
  luaL_argcheck,
  luaL_argerror,
  luaL_checkinteger,
  luaL_checkoption,
  luaL_error,
  type luaL_Reg,
} from '../lua/lauxlib.js'
import { lua_isnone, lua_isnoneornil, lua_pop, lua_pushinteger, lua_pushnil, type lua_State } from '../lua/lua.js'
import {
  lua_freewindow,
  lua_lookup,
  lua_newwindow,
  lua_openwindow,
  lua_setwindow,
  type lua_Window,
} from '../lua/lua_windows.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_anyclass_t,
  type lunatik_class_t,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import { lunatik_getregistry, lunatik_register } from '../lunatik/lunatik_registry.js'
import {
  lunatik_checkobject,
  lunatik_deleteobject,
  lunatik_newobject,
  lunatik_require,
} from '../lunatik/lunatik_userdata.js'
import { int64_check } from './int64.js'
import { ip_checksums } from './ip_checksum.js'
import { luadata_clear, luadata_iswritten, luadata_newexternal, type luadata_object, luadata_reset } from './luadata.js'
import { type sk_buff, skb_copy, skb_data, skb_frame, skb_put, skb_tailroom } from './sk_buff.js'

interface luaskb_t {
  /** Null outside of a hook's call. */
  skb: sk_buff | null
  /** The object that `data` gives, in the registry; null for a copy, whose `data` makes one each time. */
  readonly data: luadata_object | null
  /** On that object while it is that of the network layer, as it is: the engine gives it by itself. Null for none. */
  window: lua_Window | null
}

/** An object of a hook's packets. */
export type luaskb_object = lunatik_object_t<luaskb_t>

/** The private data at `ix`: what LUNATIK_PRIVATECHECKER gives with checks of class and packet, with one look. */
function luaskb_check(L: lua_State, ix: number): luaskb_t & { skb: sk_buff } {
  const object = lunatik_checkobject<luaskb_t | null>(L, ix)
  const lskb = object.private
  if (lskb === null) return luaL_argerror(L, ix, 'null pointer dereference')
  if ((object.class as lunatik_anyclass_t) !== luaskb_class) return luaL_argerror(L, ix, 'invalid object')
  return lskb.skb === null ? luaL_argerror(L, ix, 'skb is not set') : (lskb as luaskb_t & { skb: sk_buff })
}

/** The packet of argument 1. */
const checkSkb = (L: lua_State): sk_buff => luaskb_check(L, 1).skb

function pushOptional(L: lua_State, value: number | null | undefined): number {
  if (value === null || value === undefined) lua_pushnil(L)
  else lua_pushinteger(L, value)
  return 1
}

/** `#skb`: how many bytes there are from the network header on. */
function luaskb_len(L: lua_State): number {
  lua_pushinteger(L, checkSkb(L).len)
  return 1
}

/** `skb:ifindex()`: the index of its network device; nil for none. */
const luaskb_ifindex = (L: lua_State): number => pushOptional(L, checkSkb(L).dev?.ifindex)

/** `skb:vlan()`: the number of its VLAN; nil for none. */
const luaskb_vlan = (L: lua_State): number => pushOptional(L, checkSkb(L).vlan)

const layers = ['net', 'mac']

/**
 * `skb:data([layer])`: a data object of the bytes, from the network header (`net`, the default) or the MAC header
 * (`mac`) on. A hook's packet has one such object: another call has it be that of the other layer.
 * @throws raises `MAC header not set`, `invalid option 'x'`
 */
function luaskb_data(L: lua_State): number {
  const { skb, data, window } = luaskb_check(L, 1)
  const mac = !lua_isnoneornil(L, 2) && luaL_checkoption(L, 2, null, layers) === 1
  if (mac) luaL_argcheck(L, skb.mac_header !== null, 2, 'MAC header not set')
  let object = data
  if (object === null) object = luadata_newexternal(L)
  else lunatik_getregistry(L, object)
  const begin = (mac ? skb.mac_header : null) ?? skb.data
  if (luadata_iswritten(object)) skb.written = true
  luadata_reset(object, skb.buf, begin, skb.data + skb.len - begin)
  if (window !== null) lua_openwindow(window, !mac)
  return 1
}

/**
 * `skb:resize(size)`: has it end earlier, or later, as far as there is room behind it.
 * @throws raises `insufficient tailroom`
 */
function luaskb_resize(L: lua_State): number {
  const { skb, window } = luaskb_check(L, 1)
  const size = Number(BigInt.asUintN(64, int64_check(L, 2)))
  luaL_argcheck(L, size <= skb.len || skb_tailroom(skb) >= size - skb.len, 2, 'insufficient tailroom')
  skb_put(skb, size)
  if (window !== null) lua_openwindow(window, false)
  return 0
}

/** `skb:checksum()`: computes the checksums of the IP header, and of TCP's or UDP's, anew. */
function luaskb_checksum(L: lua_State): number {
  const skb = checkSkb(L)
  skb.written = true
  if (!ip_checksums(skb_data(skb), skb.protocol))
    return luaL_error(L, 'the header claims more bytes than there are, or too few: on a kernel this is a BUG')
  return 0
}

/**
 * `skb:forward()`: sends a copy of it, from the MAC header on, by its network device. Here it is told to who has
 * injected the packet.
 * @throws raises `skb has no device`, `MAC header not set`
 */
function luaskb_forward(L: lua_State): number {
  const skb = checkSkb(L)
  luaL_argcheck(L, skb.dev !== null, 1, 'skb has no device')
  luaL_argcheck(L, skb.mac_header !== null, 1, 'MAC header not set')
  skb.sent.push({ dev: skb.dev.name, bytes: skb_frame(skb).slice() })
  return 0
}

/** `skb:connmark([mark])`: the mark of its connection, which it sets; nil where that isn't tracked. */
function luaskb_connmark(L: lua_State): number {
  const { ct } = checkSkb(L)
  if (!lua_isnone(L, 2)) {
    const mark = Number(BigInt.asUintN(32, BigInt(luaL_checkinteger(L, 2))))
    if (ct !== null) ct.mark = mark
  }
  return pushOptional(L, ct?.mark)
}

/** `skb:copy()`: another packet with the same bytes. */
function luaskb_copy(L: lua_State): number {
  const skb = checkSkb(L)
  lunatik_newobject<luaskb_t>(L, luaskb_class, { skb: skb_copy(skb), data: null, window: null }, LUNATIK_OPT_NONE)
  return 1
}

function luaskb_release({ data, window }: luaskb_t): void {
  if (window !== null) lua_freewindow(window)
  if (data === null) return
  luadata_clear(data)
  lunatik_putobject(data as lunatik_object_t)
}

const luaskb_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: luaskb_len },
  { name: 'ifindex', func: luaskb_ifindex },
  { name: 'vlan', func: luaskb_vlan },
  { name: 'data', func: luaskb_data, fast: 'registered' },
  { name: 'resize', func: luaskb_resize },
  { name: 'checksum', func: luaskb_checksum },
  { name: 'forward', func: luaskb_forward },
  { name: 'copy', func: luaskb_copy },
  { name: 'connmark', func: luaskb_connmark },
]

const luaskb_class: lunatik_class_t<luaskb_t> = {
  name: 'skb',
  methods: luaskb_mt,
  release: luaskb_release,
  opt: LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE,
}

/** Pushes an object for a hook's packets: luaskb_reset gives it one. Upstream: `luaskb_new`. [-0, +1, v] */
export function luaskb_new(L: lua_State): luaskb_object {
  lunatik_require(L, luaskb_class)
  const data = luadata_newexternal(L)
  lunatik_getobject(data as lunatik_object_t)
  lunatik_register(L, -1, data)
  lua_pop(L, 1)
  const lskb: luaskb_t = { skb: null, data, window: null }
  const object = lunatik_newobject<luaskb_t>(L, luaskb_class, lskb, LUNATIK_OPT_NONE)
  const window = lua_newwindow()
  if (window !== null) {
    lua_lookup(L, window, data)
    lua_openwindow(window, false)
    lua_setwindow(L, -1, window)
    lskb.window = window
  }
  return object
}

/** Has an object be that of a packet. */
export function luaskb_reset({ private: lskb }: luaskb_object, skb: sk_buff): void {
  if (lskb === null) return
  lskb.skb = skb
  const { data, window } = lskb
  if (data === null || window === null) return
  luadata_reset(data, skb.buf, skb.data, skb.len)
  lua_openwindow(window, true)
}

/** Takes an object's packet away: whoever kept it finds none. */
export function luaskb_clear({ private: lskb }: luaskb_object): void {
  if (lskb === null) return
  const { skb, data, window } = lskb
  if (window !== null) lua_openwindow(window, false)
  if (data !== null) {
    if (skb !== null && luadata_iswritten(data)) skb.written = true
    luadata_clear(data)
  }
  lskb.skb = null
}

LUNATIK_NEWLIB('skb', [], LUNATIK_CLASSES('skb', luaskb_class))
