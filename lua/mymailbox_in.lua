-- The mailbox's one end: makes it, and puts in what is written. Each write is a message.
mailbox = require("mymailbox").new()

function myread(len, off)
	error("read from mymailbox_out")
end

function mywrite(buf, off)
	mailbox:push(buf)
end
