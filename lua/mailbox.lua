-- Messages from one runtime to another: a fifo for their bytes, a completion for each of them.
--
-- Each end is an object of its own. A runtime makes the fifo and the completion, gives them to the other with
-- runtime:resume(), and each makes its end of them.
local fifo = require("fifo")
local completion = require("completion")

-- A message in the fifo is its length, 8 bytes as size_t on a kernel, and then the message.
local header = "<I8"
local headersize = string.packsize(header)

local inbox = {}
inbox.__index = inbox

-- Waits for a message, at most ms milliseconds if given. Returns the message and its length, or nil where a
-- completion came without one. Raises "timeout".
function inbox:receive(ms)
	local completed, err = self.event:wait(ms)
	if not completed then
		error(err)
	end
	local bytes, n = self.queue:pop(headersize)
	if n == 0 then
		return nil
	elseif n < headersize then
		error("malformed message")
	end
	return self.queue:pop((string.unpack(header, bytes)))
end

function inbox.send()
	error("receive-only mailbox")
end

local outbox = {}
outbox.__index = outbox

-- Sends a message. Raises "not enough space" where the fifo can't take all of it.
function outbox:send(message)
	self.queue:push(string.pack(header, #message) .. message)
	self.event:complete()
end

function outbox.receive()
	error("send-only mailbox")
end

-- An end of the given fifo and completion; for a number, of new ones, with room for so many bytes.
local function new(class, queue, event)
	if type(queue) ~= "userdata" then
		queue, event = fifo.new(queue), completion.new()
	end
	return setmetatable({ queue = queue, event = event }, class)
end

return {
	inbox = function(queue, event)
		return new(inbox, queue, event)
	end,
	outbox = function(queue, event)
		return new(outbox, queue, event)
	end,
}
