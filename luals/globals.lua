---@meta _

-- The globals that a kernel's Lua has otherwise than Lua 5.4, and the libraries of which it has but a part. A project
-- disables the language server's own `math`, `io` and `os`, so that what a kernel hasn't is reported.

---Lunatik's version, for example `"Lunatik 4.4"`.
---@type string
_LUNATIK_VERSION = nil

---On a kernel `"Lua 5.5-kernel"`.
---@type string
_VERSION = nil

---Logs a record, its arguments joined by tabs: `lunatik dmesg` shows it. A kernel of Lunatik 4.4 logs a record for each
---argument.
---@param ... any
function print(...) end

---Logs a warning, its arguments joined, unless `warn("@off")` has switched warnings off; `warn("@on")` does the opposite.
---@param message string
---@param ... string
function warn(message, ...) end

---Collects garbage. On a kernel `collectgarbage("count")` counts bytes, not kilobytes; here it is always 0, because
---JavaScript collects and doesn't tell.
---@param opt? "collect" | "count" | "stop" | "restart" | "step" | "isrunning" | "generational" | "incremental"
---@param ... any
---@return any
function collectgarbage(opt, ...) end

---An empty table with room for n elements and m other entries.
---@param n integer
---@param m? integer
---@return table
function table.create(n, m) end

---A kernel has integers alone: no floats, and `7 / 2` is 3.
---@class mathlib
math = {}

---@type integer
math.maxinteger = nil

---@type integer
math.mininteger = nil

---The absolute value.
---@param x integer
---@return integer
function math.abs(x) end

---The largest of the arguments.
---@param x integer
---@param ... integer
---@return integer
function math.max(x, ...) end

---The smallest of the arguments.
---@param x integer
---@param ... integer
---@return integer
function math.min(x, ...) end

---The integer that x is or stands for; nil where it is none.
---@param x any
---@return integer?
function math.tointeger(x) end

---Whether m is below n as unsigned integers.
---@param m integer
---@param n integer
---@return boolean
function math.ult(m, n) end

---Files. Only in process context.
---@class iolib
io = {}

---A file.
---@class lunatik.file: userdata
local file = {}

---Closes the file.
---@return true? ok
---@return string? err
function file:close() end

---Writes out what is buffered.
---@return lunatik.file? file
---@return string? err
function file:flush() end

---What is left of the file, by its lines or by formats as of `read`.
---@param ... string|integer
---@return fun(): string|integer|nil
function file:lines(...) end

---Reads by formats: `"l"` a line (the default), `"L"` a line with its newline, `"n"` an integer, `"a"` all, a number so
---many bytes. nil where there is nothing more.
---@param ... string|integer
---@return string|integer|nil ...
function file:read(...) end

---Moves the file's position, and gives it.
---@param whence? "set" | "cur" | "end" `"cur"` by default
---@param offset? integer 0 by default
---@return integer? position
---@return string? err
function file:seek(whence, offset) end

---Writes the arguments.
---@param ... string|integer
---@return lunatik.file? file
---@return string? err
function file:write(...) end

---Opens a file. Raises `invalid mode`.
---@param path string
---@param mode? "r" | "w" | "a" | "r+" | "w+" | "a+" | "rb" | "wb" | "ab" | "r+b" | "w+b" | "a+b" `"r"` by default
---@return lunatik.file? file
---@return string? err
function io.open(path, mode) end

---The lines of a file, or what formats as of `file:read` say. Raises where it can't be opened.
---@param path string
---@param ... string|integer
---@return fun(): string|integer|nil
function io.lines(path, ...) end

---`"file"` for an open one, `"closed file"`, or nil for what is no file.
---@param object any
---@return "file" | "closed file" | nil
function io.type(object) end
