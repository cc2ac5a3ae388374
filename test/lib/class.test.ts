import t from 'tap'
import { class_check } from '../../src/lib/class.js'
import { lua_pushstring } from '../../src/lua/lua.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import { LUNATIK_OPT_NONE, type lunatik_class_t } from '../../src/lunatik/lunatik_obj.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../../src/lunatik/lunatik_userdata.js'
import { agrees, evaluator } from './eval.js'

/** A module of one class, whose objects tell its name. */
function define(name: string): void {
  const check = LUNATIK_PRIVATECHECKER<string>(
    'check',
    class_check(() => cls),
  )
  const cls: lunatik_class_t<string> = {
    name,
    methods: [
      { name: '__gc', func: lunatik_deleteobject },
      { name: 'close', func: lunatik_closeobject },
      {
        name: 'tell',
        func: (L) => {
          lua_pushstring(L, check(L, 1))
          return 1
        },
      },
    ],
    opt: LUNATIK_OPT_NONE,
  }
  LUNATIK_NEWLIB(
    name,
    [
      {
        name: 'new',
        func: (L) => {
          lunatik_newobject<string>(L, cls, name, LUNATIK_OPT_NONE)
          return 1
        },
      },
    ],
    LUNATIK_CLASSES(name, cls),
  )
}

t.test("a method takes objects of its own class that aren't closed", async (t) => {
  define('classa')
  define('classb')
  agrees(
    t,
    evaluator(t),
    `
    (function() A, B = require("classa").new(), require("classb").new() return A:tell(), B:tell() end)()  =>  "classa"  "classb"
    A.tell(B)  =>  ERROR "chunk:1: bad argument #1 to 'tell' (invalid object)"
    A.tell({})  =>  ERROR "chunk:1: bad argument #1 to 'tell' (invalid object)"
    A.tell()  =>  ERROR "chunk:1: bad argument #1 to 'tell' (invalid object)"
    (function() A:close() A:tell() end)()  =>  ERROR "chunk:1: calling 'tell' on bad self (null pointer dereference)"
    `,
  )
})
