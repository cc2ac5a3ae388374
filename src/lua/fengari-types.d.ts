// Types for the part of fengari that fengari.ts uses: fengari publishes none.
declare module 'fengari' {
  interface TValue {
    type: number
    value: unknown
  }
  interface CallInfo {
    readonly funcOff: number
    readonly top: number
    readonly previous: CallInfo | null
    readonly nresults: number
    callstatus: number
    c_k: ((L: State, status: number, ctx: number) => number) | null
  }
  interface State {
    readonly l_G: object & { readonly mainthread: State }
    readonly base_ci: CallInfo
    readonly stack: TValue[]
    top: number
    readonly errorJmp: { status: number } | null
    readonly stack_last: number
    ci: CallInfo
    status: number
    nCcalls: number
    nny: number
    allowhook: number
    errfunc: number
  }
  type CFunction = (L: State) => number
  interface Udata {
    data: unknown
    metatable: unknown
  }
  interface Debug {
    readonly event: number
    readonly source: Uint8Array | null
    readonly short_src: Uint8Array | null
    readonly currentline: number
    readonly linedefined: number
    readonly lastlinedefined: number
    readonly nups: number
    readonly nparams: number
    readonly isvararg: boolean | number
    readonly istailcall: boolean | number
    readonly name: Uint8Array | null
    readonly namewhat: Uint8Array | null
    readonly what: Uint8Array | null
    readonly i_ci: unknown
  }
  const lua: {
    readonly LUA_REGISTRYINDEX: number
    readonly lua_Debug: new () => Debug
    lua_absindex(L: State, idx: number): number
    lua_arith(L: State, op: number): void
    lua_atnativeerror(L: State, f: CFunction | null): CFunction | null
    lua_atpanic(L: State, f: CFunction | null): CFunction | null
    lua_call(L: State, nargs: number, nresults: number): void
    lua_callk(
      L: State,
      nargs: number,
      nresults: number,
      ctx: number,
      k: (L: State, status: number, ctx: number) => number,
    ): void
    lua_checkstack(L: State, n: number): boolean
    lua_close(L: State): void
    lua_compare(L: State, idx1: number, idx2: number, op: number): boolean | number
    lua_concat(L: State, n: number): void
    lua_copy(L: State, fromidx: number, toidx: number): void
    lua_createtable(L: State, narr: number, nrec: number): void
    lua_dump(L: State, writer: (L: State, b: Uint8Array, size: number) => number, data: unknown, strip: boolean): number
    lua_error(L: State): never
    lua_getfield(L: State, idx: number, k: Uint8Array): number
    lua_getglobal(L: State, name: Uint8Array): number
    lua_geti(L: State, idx: number, n: number): number
    lua_gethook(L: State): ((L: State, ar: Debug) => void) | null
    lua_gethookcount(L: State): number
    lua_gethookmask(L: State): number
    lua_getlocal(L: State, ar: Debug | null, n: number): Uint8Array | null
    lua_getupvalue(L: State, funcindex: number, n: number): Uint8Array | null
    lua_getuservalue(L: State, idx: number): number
    lua_len(L: State, idx: number): void
    lua_load(
      L: State,
      reader: () => Uint8Array | null,
      data: unknown,
      chunkname: Uint8Array,
      mode: Uint8Array | null,
    ): number
    lua_seti(L: State, idx: number, n: number): void
    lua_setlocal(L: State, ar: Debug, n: number): Uint8Array | null
    lua_setuservalue(L: State, idx: number): void
    lua_upvalueid(L: State, funcindex: number, n: number): unknown
    lua_upvaluejoin(L: State, fidx1: number, n1: number, fidx2: number, n2: number): void
    lua_getinfo(L: State, what: Uint8Array, ar: Debug): number
    lua_getmetatable(L: State, idx: number): boolean
    lua_getstack(L: State, level: number, ar: Debug): number
    lua_gettable(L: State, idx: number): number
    lua_gettop(L: State): number
    lua_iscfunction(L: State, idx: number): boolean
    lua_isinteger(L: State, idx: number): boolean
    lua_isnumber(L: State, idx: number): boolean
    lua_isstring(L: State, idx: number): boolean
    lua_isyieldable(L: State): boolean
    lua_newthread(L: State): State
    lua_newuserdata(L: State, size: number): { value?: unknown }
    lua_next(L: State, idx: number): number
    lua_pcall(L: State, nargs: number, nresults: number, msgh: number): number
    lua_pcallk(
      L: State,
      nargs: number,
      nresults: number,
      msgh: number,
      ctx: number,
      k: (L: State, status: number, ctx: number) => number,
    ): number
    lua_pushboolean(L: State, b: boolean): void
    lua_pushcclosure(L: State, fn: CFunction, n: number): void
    lua_pushinteger(L: State, n: number): void
    lua_pushlightuserdata(L: State, p: unknown): void
    lua_pushlstring(L: State, s: Uint8Array, len: number): void
    lua_pushnil(L: State): void
    lua_pushnumber(L: State, n: number): void
    lua_pushstring(L: State, s: Uint8Array): void
    lua_pushthread(L: State): boolean
    lua_pushvalue(L: State, idx: number): void
    lua_rawequal(L: State, idx1: number, idx2: number): boolean | number
    lua_rawget(L: State, idx: number): number
    lua_rawgeti(L: State, idx: number, n: number): number
    lua_rawgetp(L: State, idx: number, p: unknown): number
    lua_rawlen(L: State, idx: number): number
    lua_rawset(L: State, idx: number): void
    lua_rawseti(L: State, idx: number, n: number): void
    lua_rawsetp(L: State, idx: number, p: unknown): void
    lua_resume(L: State, from: State | null, nargs: number): number
    lua_rotate(L: State, idx: number, n: number): void
    lua_setfield(L: State, idx: number, k: Uint8Array): void
    lua_setglobal(L: State, name: Uint8Array): void
    lua_sethook(L: State, f: ((L: State, ar: Debug) => void) | null, mask: number, count: number): void
    lua_setupvalue(L: State, funcindex: number, n: number): Uint8Array | null
    lua_setmetatable(L: State, idx: number): void
    lua_settable(L: State, idx: number): void
    lua_settop(L: State, idx: number): void
    lua_status(L: State): number
    lua_toboolean(L: State, idx: number): boolean
    lua_tointegerx(L: State, idx: number): number | false
    lua_tolstring(L: State, idx: number): Uint8Array | null
    lua_tonumberx(L: State, idx: number): number | false
    lua_tothread(L: State, idx: number): State | null
    lua_topointer(L: State, idx: number): unknown
    lua_tocfunction(L: State, idx: number): ((L: State) => number) | null
    lua_touserdata(L: State, idx: number): unknown
    lua_type(L: State, idx: number): number
    lua_xmove(from: State, to: State, n: number): void
    lua_yieldk(L: State, nresults: number, ctx: number, k: ((L: State, status: number) => number) | null): number
  }
  const lauxlib: {
    luaL_argerror(L: State, arg: number, extramsg: Uint8Array): never
    luaL_error(L: State, fmt: Uint8Array): never
    luaL_getmetafield(L: State, obj: number, event: Uint8Array): number
    luaL_checkinteger(L: State, arg: number): number
    luaL_checklstring(L: State, arg: number): Uint8Array
    luaL_optlstring(L: State, arg: number, def: Uint8Array): Uint8Array
    luaL_checkany(L: State, arg: number): void
    luaL_checktype(L: State, arg: number, t: number): void
    luaL_newstate(): State | null
    luaL_loadbufferx(L: State, s: Uint8Array, len: number, name: Uint8Array, mode: Uint8Array | null): number
  }
  const lualib: {
    readonly luaopen_base: CFunction
    readonly luaopen_package: CFunction
    readonly luaopen_table: CFunction
    readonly luaopen_string: CFunction
    readonly luaopen_utf8: CFunction
    readonly luaopen_math: CFunction
    readonly luaopen_debug: CFunction
  }
  const FENGARI_VERSION_NUM: number
  const FENGARI_RELEASE: string
  function to_luastring(s: string): Uint8Array
}
