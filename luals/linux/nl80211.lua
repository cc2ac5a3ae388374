---@meta linux.nl80211

-- Written by `make luals` from src/lib/linux/nl80211.ts.

---Wireless netlink: uapi/linux/nl80211.h, NL80211_*.
---@class lunatik.linux.nl80211
local nl80211 = {
	attr = {
		BEACON_HEAD = 14,
		BEACON_INTERVAL = 12,
		BEACON_TAIL = 15,
		BSS = 47,
		DTIM_PERIOD = 13,
		GENERATION = 46,
		IFINDEX = 3,
		IFNAME = 4,
		IFTYPE = 5,
		MAC = 6,
		SCAN_SSIDS = 45,
		SSID = 52,
		STA_AID = 16,
		STA_FLAGS2 = 67,
		STA_INFO = 21,
		STA_LISTEN_INTERVAL = 18,
		STA_SUPPORTED_RATES = 19,
		WDEV = 153,
		WIPHY = 1,
		WIPHY_FREQ = 38,
		WIPHY_NAME = 2,
	},
	cmd = {
		DEL_INTERFACE = 8,
		DEL_STATION = 20,
		GET_INTERFACE = 5,
		GET_SCAN = 32,
		GET_STATION = 17,
		GET_WIPHY = 1,
		NEW_INTERFACE = 7,
		NEW_SCAN_RESULTS = 34,
		NEW_STATION = 19,
		NEW_WIPHY = 3,
		SET_INTERFACE = 6,
		SET_STATION = 18,
		START_AP = 15,
		STOP_AP = 16,
		TRIGGER_SCAN = 33,
	},
	iftype = {
		ADHOC = 1,
		AP = 3,
		AP_VLAN = 4,
		MESH_POINT = 7,
		MONITOR = 6,
		STATION = 2,
	},
	staflag = {
		ASSOCIATED = 7,
		AUTHENTICATED = 5,
		AUTHORIZED = 1,
		MFP = 4,
		SHORT_PREAMBLE = 2,
		TDLS_PEER = 6,
		WME = 3,
	},
}

return nl80211
