---@meta socket.inet

---Sockets of IPv4, with addresses as text, such as `"127.0.0.1"`: `inet.tcp()` and `inet.udp()` make them.
---@class lunatik.socket.inet
---`"127.0.0.1"`
---@field localhost string
---@field tcp lunatik.socket.inet.tcp
---@field udp lunatik.socket.inet.udp
local inet = {}

---Makes an object of the class, or a class derived from it, of a table.
---@generic T: table
---@param self T
---@param object? table
---@return T
function inet:new(object) end

---Closes the socket.
function inet:close() end

---Gives the socket an address: `"*"` is each that the machine has.
---@param addr string
---@param port integer 0 for one that the machine chooses
function inet:bind(addr, port) end

---Connects to an address.
---@param addr string
---@param port integer
---@param flags? integer
function inet:connect(addr, port, flags) end

---As `socket:send`.
---@param message string
---@param addr? string
---@param port? integer
---@return integer sent
function inet:send(message, addr, port) end

---As `socket:receive`.
---@param length integer
---@param flags? integer
---@param from? boolean
---@return string message
---@return integer? ip
---@return integer? port
function inet:receive(length, flags, from) end

---The address that it has.
---@return string addr
---@return integer port
function inet:getsockname() end

---The address that it is connected to.
---@return string addr
---@return integer port
function inet:getpeername() end

---The address and port of `"sockname"` or `"peername"`.
---@param what string
---@return string addr
---@return integer port
function inet:getaddr(what) end

---What `inet.tcp()` makes, and its class.
---@class lunatik.socket.inet.tcp: lunatik.socket.inet
---@operator call: lunatik.socket.inet.tcp
---@field socket lunatik.socket
---@field type integer
---@field proto integer
local tcp = {}

---Takes connections from now on.
---@param backlog? integer
function tcp:listen(backlog) end

---Takes a connection: a socket of the module `socket`.
---@param flags? integer
---@return lunatik.socket
function tcp:accept(flags) end

---What `inet.udp()` makes, and its class.
---@class lunatik.socket.inet.udp: lunatik.socket.inet
---@operator call: lunatik.socket.inet.udp
---@field socket lunatik.socket
---@field type integer
---@field proto integer
local udp = {}

---Sends a message to an address.
---@param message string
---@param addr string
---@param port integer
---@return integer sent
function udp:sendto(message, addr, port) end

---Receives a message, and says who it is from.
---@param length integer
---@param flags? integer
---@return string message
---@return string addr
---@return integer port
function udp:receivefrom(length, flags) end

return inet
