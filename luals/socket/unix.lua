---@meta socket.unix

---Unix sockets: `unix.stream([path])` and `unix.dgram([path])` make them. The path is what calls without one are about;
---one that begins with a NUL is an abstract name.
---@class lunatik.socket.unix
---@field stream lunatik.socket.unix.stream
---@field dgram lunatik.socket.unix.dgram
local unix = {}

---Makes an object of the class, or a class derived from it, of a table.
---@generic T: table
---@param self T
---@param object? table
---@return T
function unix:new(object) end

---Closes the socket.
function unix:close() end

---Gives the socket an address.
---@param path? string
function unix:bind(path) end

---Connects to an address.
---@param path? string
function unix:connect(path) end

---As `socket:send`.
---@param message string
---@param path? string
---@return integer sent
function unix:send(message, path) end

---As `socket:receive`.
---@param length integer
---@param flags? integer
---@param from? boolean
---@return string message
---@return string? path
function unix:receive(length, flags, from) end

---The address that it has.
---@return string path
function unix:getsockname() end

---The address that it is connected to.
---@return string path
function unix:getpeername() end

---What `unix.stream()` makes, and its class.
---@class lunatik.socket.unix.stream: lunatik.socket.unix
---@operator call: lunatik.socket.unix.stream
---@field socket lunatik.socket
---@field path? string
---@field type integer
local stream = {}

---Takes connections from now on.
---@param backlog? integer
function stream:listen(backlog) end

---Takes a connection: a socket of the module `socket`.
---@param flags? integer
---@return lunatik.socket
function stream:accept(flags) end

---What `unix.dgram()` makes, and its class.
---@class lunatik.socket.unix.dgram: lunatik.socket.unix
---@operator call: lunatik.socket.unix.dgram
---@field socket lunatik.socket
---@field path? string
---@field type integer
local dgram = {}

---Sends a message to an address.
---@param message string
---@param path? string
---@return integer sent
function dgram:sendto(message, path) end

---Receives a message, and says who it is from.
---@param length integer
---@param flags? integer
---@return string message
---@return string path
function dgram:receivefrom(length, flags) end

return unix
