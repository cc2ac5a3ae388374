---@meta thread

---Kernel threads: linux/kthread.h. luathread.c.
---@class lunatik.thread.lib
local thread = {}

---A thread. One that nothing refers to any more runs on.
---@class lunatik.thread: userdata
local object = {}

---What a thread's task is.
---@class lunatik.task
---@field command string the thread's name, cut to 15 bytes
---@field pid integer
---@field tgid integer
---@field cpu integer

---Stops the thread: has `thread.shouldstop` hold there, and waits until it has ended.
function object:stop() end

---What the thread's task is. Raises `null pointer dereference` once it has ended, where a kernel crashes.
---@return lunatik.task
function object:task() end

---Runs the function that the runtime's script has returned as a thread, with the objects; a kernel of Lunatik 4.4 gives
---it none. What it returns is dropped, what it raises is logged.
---
---Raises `not allowed during module load`, `invalid object`, `IRQ runtime cannot spawn threads`, `cannot share SINGLE
---object`.
---@param runtime lunatik.runtime
---@param name string
---@param ... lunatik.object what the function gets
---@return lunatik.thread
function thread.run(runtime, name, ...) end

---Whether the current thread is being stopped. False outside of threads.
---@return boolean
function thread.shouldstop() end

---The current task as a thread, which can't be stopped.
---@return lunatik.thread
function thread.current() end

return thread
