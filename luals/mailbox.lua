---@meta mailbox

---Messages from one runtime to another: a fifo for their bytes, a completion for each of them.
---
---A runtime makes its end, gives the other `queue` and `event` of it with `runtime:resume`, and the other makes its end of
---those.
---@class lunatik.mailbox
local mailbox = {}

---The end that receives.
---@class lunatik.inbox
---@field queue lunatik.fifo
---@field event lunatik.completion
local inbox = {}

---Waits for a message, at most `ms` milliseconds if given.
---
---Raises `timeout`, `malformed message`.
---@param ms? integer
---@return string? message nil where a completion came without one
---@return integer? n the message's length
function inbox:receive(ms) end

---Raises `receive-only mailbox`.
function inbox:send() end

---The end that sends.
---@class lunatik.outbox
---@field queue lunatik.fifo
---@field event lunatik.completion
local outbox = {}

---Sends a message. Raises `not enough space` where the fifo can't take all of it.
---@param message string
function outbox:send(message) end

---Raises `send-only mailbox`.
function outbox:receive() end

---Makes the end that receives, of a fifo and a completion; for a number, of new ones with room for so many bytes.
---@overload fun(size: integer): lunatik.inbox
---@param queue lunatik.fifo
---@param event lunatik.completion
---@return lunatik.inbox
function mailbox.inbox(queue, event) end

---Makes the end that sends, of a fifo and a completion; for a number, of new ones with room for so many bytes.
---@overload fun(size: integer): lunatik.outbox
---@param queue lunatik.fifo
---@param event lunatik.completion
---@return lunatik.outbox
function mailbox.outbox(queue, event) end

return mailbox
