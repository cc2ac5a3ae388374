---@meta netlink.session

---Requests to the kernel by netlink, and their replies. Each method sleeps and raises the errno's name that the kernel
---answers.
---
---A class derived from it, `session:new{proto = P}` with P of `linux.netlink`'s `proto`, makes sessions when it is
---called.
---@class lunatik.netlink.session
---@operator call: lunatik.netlink.session
local session = {}

---Makes an object of the class, or a class derived from it, of a table.
---@generic T: table
---@param self T
---@param object? table
---@return T
function session:new(object) end

---Sends a request and waits for no reply.
---@param type integer
---@param flags integer of `linux.netlink`'s `flag`, beside REQUEST
---@param payload string the family's header and attributes
function session:request(type, flags, payload) end

---Asks for all that there is of a kind.
---@param type integer
---@param payload string
---@return lunatik.netlink.message[]
function session:dump(type, payload) end

---Has the kernel do something, and waits until it has.
---@param type integer
---@param flags? integer beside REQUEST and ACK
---@param payload string
---@return lunatik.netlink.message[]
function session:talk(type, flags, payload) end

---Closes the socket.
function session:close() end

return session
