---@meta set

---Sets of strings that never change, which runtimes may share. luaset.c.
---@class lunatik.set.lib
local set = {}

---A set of strings. `#set` is how many members were given.
---@class lunatik.set: userdata
---@operator len: integer
local object = {}

---Whether s is a member.
---@param s string
---@return boolean
function object:has(s) end

---A set whose members have flags. `#set` is how many members it has.
---@class lunatik.labelset: userdata
---@operator len: integer
local labelset = {}

---The flags of s and of what follows each of its dots, or'ed: for `"a.b.c"` those of `"a.b.c"`, `"b.c"` and `"c"`.
---@param s string
---@return integer flags 0 where none is a member
function labelset:match(s) end

---Makes a set. On a kernel the array is sorted by it. Raises `members must be strings`.
---@param members string[]
---@return lunatik.set
function set.new(members) end

---Makes a set whose members have flags, each a bitmask from 1 to 2^32 - 1.
---
---Raises `members must be strings`, `flags must be integers in [1, 2^32)`.
---@param flags table<string, integer>
---@return lunatik.labelset
function set.labeled(flags) end

return set
