-- Messages from one runtime to another: a fifo for their bytes, a completion for each of them.
--
-- Each end is an object of its own. A runtime makes the fifo and the completion, gives them to the other with
-- runtime:resume(), and each makes its end of them.
local fifo = require("fifo")
local completion = require("completion")

-- A message in the fifo is its length, a size_t, and then the message.
local headersize = string.packsize("T")

local mailbox = {}
mailbox.__index = mailbox

-- Waits for a message, at most ms milliseconds if given. Returns the message and its length, or nil where a
-- completion came without one. Raises "timeout".
function mailbox:receive(ms)
	local completed, err = self.event:wait(ms)
	if not completed then
		error(err)
	end
	local header, n = self.queue:pop(headersize)
	if n == 0 then
		return nil
	elseif n < headersize then
		error("malformed message")
	end
	return self.queue:pop((string.unpack("T", header)))
end

-- Sends a message, a string or a number. Raises "not enough space" where the fifo can't take all of it.
function mailbox:send(message)
	self.queue:push(string.pack("s", message))
	self.event:complete()
end

-- Gives a constructor of ends that do one thing and refuse the other.
local function ends(does, refuses)
	local function refuse()
		error(does .. "-only mailbox")
	end
	-- An end of the given fifo and completion; for a number, of new ones, with room for so many bytes.
	return function(queue, event)
		if type(queue) ~= "userdata" then
			queue, event = fifo.new(queue), completion.new()
		end
		return setmetatable({ queue = queue, event = event, [refuses] = refuse }, mailbox)
	end
end

return {
	inbox = ends("receive", "send"),
	outbox = ends("send", "receive"),
}
