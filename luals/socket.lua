---@meta socket

---Sockets of the machine. luasocket.c. Needs the package koffi.
---
---Each call raises the errno's name: `EAGAIN`, `ECONNREFUSED`, `EPIPE` and so on. One that waits sleeps, with the
---socket's lock held: a signal to the program or `thread.stop` has it raise `ERESTARTSYS`, or `EINTR` where it has a
---time.
---
---An address is, by the family: INET, two integers, the host's and the port; UNIX, a string, the path; PACKET, two
---integers, the protocol and the index of the network device; NETLINK, two integers, the port and the groups, both 0 by
---default; of others, a string, what follows the family in their struct sockaddr.
---@class lunatik.socket.lib
local socket = {}

---A socket, which runtimes may share. It is closed when it is collected, and with `<close>`.
---@class lunatik.socket: userdata
local object = {}

---Closes it, and shuts the connection down in both directions. Raises nothing.
function object:close() end

---Sends all of a stream's bytes, or a message. Sleeps until there is room, as long as SO_SNDTIMEO.
---@param message string
---@param ... integer|string the address that it is for, where the socket isn't connected
---@return integer sent in bytes: fewer than there are where a stream's wait was ended
function object:send(message, ...) end

---Receives what there is of a stream, `""` at its end, or a message, whose rest is lost. Sleeps until there is
---something, as long as SO_RCVTIMEO.
---
---Raises `not enough memory` for a length beyond the runtime's memory.
---@param length integer in bytes, at most so many
---@param flags? integer of `linux.socket`'s `msg`: DONTWAIT, PEEK, WAITALL and so on
---@param from? boolean whether the address of the sender is given as well
---@return string message
---@return integer|string? address
---@return integer? port
function object:receive(length, flags, from) end

---Gives it an address. A Unix socket's path can't be on a mount of lunatik.
---@param address integer|string
---@param port? integer
function object:bind(address, port) end

---Takes connections from now on.
---@param backlog? integer how many may wait, by default 4096
function object:listen(backlog) end

---Takes a connection. Sleeps until there is one, as long as SO_RCVTIMEO.
---@param flags? integer with `linux.socket`'s `sock.NONBLOCK` it doesn't sleep and raises `EAGAIN`
---@return lunatik.socket
function object:accept(flags) end

---Connects to an address. Sleeps until it is, as long as SO_SNDTIMEO. A socket of messages has one to send to, then.
---@param address integer|string
---@param port? integer
---@param flags? integer with `linux.socket`'s `sock.NONBLOCK` it doesn't sleep and raises `EINPROGRESS`
function object:connect(address, port, flags) end

---Sets an option.
---@param level integer of `linux.socket`'s `sol`
---@param optname integer of `linux.socket`'s `so`
---@param value integer|string a string where the option is a struct: SO_RCVTIMEO's is `string.pack("jj", sec, usec)`
function object:setsockopt(level, optname, value) end

---The address that it has.
---@return integer|string address
---@return integer? port
function object:getsockname() end

---The address that it is connected to.
---@return integer|string address
---@return integer? port
function object:getpeername() end

---Makes a socket. Raises `EMFILE` where the process has no more of them; objects that nobody uses are collected first.
---@param family integer of `linux.socket`'s `af`
---@param type integer of `linux.socket`'s `sock`
---@param protocol integer of `linux.socket`'s `ipproto`, 0 for the family's own
---@return lunatik.socket
function socket.new(family, type, protocol) end

return socket
