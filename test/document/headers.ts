// The names of lua.h, lauxlib.h, lualib.h and luaconf.h of Lua 5.4.7: what a binding in C may write. Left out are the
// switches of luaconf.h with which Lua is built.

const words = (text: string) => text.trim().split(/\s+/)

/** Functions, macros and constants, which are values here, by the header that has them. */
export const headers: Readonly<Record<string, readonly string[]>> = {
  'lua.h': words(`
    LUAI_MAXSTACK LUA_API LUA_AUTHORS LUA_COPYRIGHT LUA_ERRERR LUA_ERRMEM LUA_ERRRUN LUA_ERRSYNTAX LUA_EXTRASPACE
    LUA_GCCOLLECT LUA_GCCOUNT LUA_GCCOUNTB LUA_GCGEN LUA_GCINC LUA_GCISRUNNING LUA_GCRESTART LUA_GCSETPAUSE
    LUA_GCSETSTEPMUL LUA_GCSTEP LUA_GCSTOP LUA_HOOKCALL LUA_HOOKCOUNT LUA_HOOKLINE LUA_HOOKRET LUA_HOOKTAILCALL
    LUA_IDSIZE LUA_INTEGER LUA_KCONTEXT LUA_MASKCALL LUA_MASKCOUNT LUA_MASKLINE LUA_MASKRET LUA_MINSTACK LUA_MULTRET
    LUA_NUMBER LUA_NUMTAGS LUA_NUMTYPES LUA_OK LUA_OPADD LUA_OPBAND LUA_OPBNOT LUA_OPBOR LUA_OPBXOR LUA_OPDIV
    LUA_OPEQ LUA_OPIDIV LUA_OPLE LUA_OPLT LUA_OPMOD LUA_OPMUL LUA_OPPOW LUA_OPSHL LUA_OPSHR LUA_OPSUB LUA_OPUNM
    LUA_REGISTRYINDEX LUA_RELEASE LUA_RIDX_GLOBALS LUA_RIDX_LAST LUA_RIDX_MAINTHREAD LUA_SIGNATURE LUA_TBOOLEAN
    LUA_TFUNCTION LUA_TLIGHTUSERDATA LUA_TNIL LUA_TNONE LUA_TNUMBER LUA_TSTRING LUA_TTABLE LUA_TTHREAD LUA_TUSERDATA
    LUA_UNSIGNED LUA_USER_H LUA_VERSION LUA_VERSION_MAJOR LUA_VERSION_MINOR LUA_VERSION_NUM LUA_VERSION_RELEASE
    LUA_VERSION_RELEASE_NUM LUA_YIELD lua_absindex lua_arith lua_atpanic lua_call lua_callk lua_checkstack lua_close
    lua_closeslot lua_closethread lua_compare lua_concat lua_copy lua_createtable lua_dump lua_error lua_gc
    lua_getallocf lua_getextraspace lua_getfield lua_getglobal lua_gethook lua_gethookcount lua_gethookmask lua_geti
    lua_getinfo lua_getiuservalue lua_getlocal lua_getmetatable lua_getstack lua_gettable lua_gettop lua_getupvalue
    lua_getuservalue lua_ident lua_insert lua_isboolean lua_iscfunction lua_isfunction lua_isinteger
    lua_islightuserdata lua_isnil lua_isnone lua_isnoneornil lua_isnumber lua_isstring lua_istable lua_isthread
    lua_isuserdata lua_isyieldable lua_len lua_load lua_newstate lua_newtable lua_newthread lua_newuserdata
    lua_newuserdatauv lua_next lua_pcall lua_pcallk lua_pop lua_pushboolean lua_pushcclosure lua_pushcfunction
    lua_pushfstring lua_pushglobaltable lua_pushinteger lua_pushlightuserdata lua_pushliteral lua_pushlstring
    lua_pushnil lua_pushnumber lua_pushstring lua_pushthread lua_pushunsigned lua_pushvalue lua_pushvfstring
    lua_rawequal lua_rawget lua_rawgeti lua_rawgetp lua_rawlen lua_rawset lua_rawseti lua_rawsetp lua_register
    lua_remove lua_replace lua_resetthread lua_resume lua_rotate lua_setallocf lua_setcstacklimit lua_setfield
    lua_setglobal lua_sethook lua_seti lua_setiuservalue lua_setlocal lua_setmetatable lua_settable lua_settop
    lua_setupvalue lua_setuservalue lua_setwarnf lua_status lua_stringtonumber lua_toboolean lua_tocfunction
    lua_toclose lua_tointeger lua_tointegerx lua_tolstring lua_tonumber lua_tonumberx lua_topointer lua_tostring
    lua_tothread lua_tounsigned lua_tounsignedx lua_touserdata lua_type lua_typename lua_upvalueid lua_upvalueindex
    lua_upvaluejoin lua_version lua_warning lua_xmove lua_yield lua_yieldk
  `),
  'lauxlib.h': words(`
    LUALIB_API
    LUAI_MAXALIGN LUAL_BUFFERSIZE LUAL_NUMSIZES LUA_ERRFILE LUA_FILEHANDLE LUA_GNAME LUA_LOADED_TABLE LUA_NOREF
    LUA_PRELOAD_TABLE LUA_REFNIL luaL_addchar luaL_addgsub luaL_addlstring luaL_addsize luaL_addstring luaL_addvalue
    luaL_argcheck luaL_argerror luaL_argexpected luaL_buffaddr luaL_buffinit luaL_buffinitsize luaL_bufflen
    luaL_buffsub luaL_callmeta luaL_checkany luaL_checkint luaL_checkinteger luaL_checklong luaL_checklstring
    luaL_checknumber luaL_checkoption luaL_checkstack luaL_checkstring luaL_checktype luaL_checkudata
    luaL_checkunsigned luaL_checkversion luaL_checkversion_ luaL_dofile luaL_dostring luaL_error luaL_execresult
    luaL_fileresult luaL_getmetafield luaL_getmetatable luaL_getsubtable luaL_gsub luaL_intop luaL_len
    luaL_loadbuffer luaL_loadbufferx luaL_loadfile luaL_loadfilex luaL_loadstring luaL_newlib luaL_newlibtable
    luaL_newmetatable luaL_newstate luaL_opt luaL_optint luaL_optinteger luaL_optlong luaL_optlstring luaL_optnumber
    luaL_optstring luaL_optunsigned luaL_prepbuffer luaL_prepbuffsize luaL_pushfail luaL_pushresult
    luaL_pushresultsize luaL_ref luaL_requiref luaL_setfuncs luaL_setmetatable luaL_testudata luaL_tolstring
    luaL_traceback luaL_typeerror luaL_typename luaL_unref luaL_where lua_assert lua_writeline lua_writestring
    lua_writestringerror
  `),
  'lualib.h': words(`
    LUAMOD_API
    LUA_COLIBNAME LUA_DBLIBNAME LUA_IOLIBNAME LUA_LOADLIBNAME LUA_MATHLIBNAME LUA_OSLIBNAME LUA_STRLIBNAME
    LUA_TABLIBNAME LUA_UTF8LIBNAME LUA_VERSUFFIX luaL_openlibs luaopen_base luaopen_coroutine luaopen_debug
    luaopen_io luaopen_math luaopen_os luaopen_package luaopen_string luaopen_table luaopen_utf8
  `),
  'luaconf.h': words(`
    LUAI_UACINT LUAI_UACNUMBER LUA_32BITS LUA_CDIR LUA_CPATH_DEFAULT LUA_DIRSEP LUA_EXEC_DIR LUA_FLOAT_DOUBLE
    LUA_FLOAT_FLOAT LUA_FLOAT_LONGDOUBLE LUA_FLOAT_TYPE LUA_IGMARK LUA_INTEGER_FMT LUA_INTEGER_FRMLEN LUA_INT_INT
    LUA_INT_LONG LUA_INT_LONGLONG LUA_INT_TYPE LUA_LDIR LUA_MAXINTEGER LUA_MAXUNSIGNED LUA_MININTEGER LUA_NUMBER_FMT
    LUA_NUMBER_FRMLEN LUA_PATH_DEFAULT LUA_PATH_MARK LUA_PATH_SEP LUA_ROOT LUA_SHRDIR LUA_VDIR lua_equal
    lua_getlocaledecpoint lua_integer2str lua_lessthan lua_number2str lua_number2strx lua_numbertointeger lua_objlen
    lua_pointer2str lua_str2number lua_strlen lua_strx2number
  `),
}

/** Types. */
export const types = words(`
    luaL_Buffer luaL_Reg luaL_Stream lua_Alloc lua_CFunction lua_Debug lua_Hook lua_Integer lua_KContext
    lua_KFunction lua_Number lua_Reader lua_State lua_Unsigned lua_WarnFunction lua_Writer
`)
