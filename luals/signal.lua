---@meta signal

---The signals of the program whose call runs, and of threads. luasignal.c.
---@class lunatik.signal
local signal = {}

---Changes which signals are blocked: a blocked one ends no sleep. Here it is for the rest of the call; on a kernel the
---program keeps it. Raises `EINVAL`.
---@param sig integer one of `linux.signal`
---@param cmd? integer `_BLOCK` of `linux.signal`, the default, `_UNBLOCK`, or `_SETMASK`, which blocks this one alone
function signal.sigmask(sig, cmd) end

---Whether a signal waits that isn't blocked.
---@return boolean
function signal.sigpending() end

---Whether a signal is in a state. Raises `invalid option 's'`.
---@param sig integer
---@param state? "blocked" | "pending" | "allowed" `blocked` by default; `pending` is one for this thread alone
---@return boolean
function signal.sigstate(sig, state) end

---Sends a signal to a process, or to a thread of `thread`. Raises `ESRCH`, `EINVAL`, `EPERM`: a kernel has all rights,
---the server its own, and it sends none to itself.
---@param pid integer
---@param sig? integer KILL by default; 0 only asks whether there is such a process
---@return true
function signal.kill(pid, sig) end

return signal
