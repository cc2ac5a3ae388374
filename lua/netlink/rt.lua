-- Routing netlink: the links, addresses, routes and rules of the machine.
return {
	link = require("netlink.rt.link"),
	addr = require("netlink.rt.addr"),
	route = require("netlink.rt.route"),
	rule = require("netlink.rt.rule"),
}
