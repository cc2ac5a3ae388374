---@meta hid

---Drivers of HID devices: luahid.c. Here devices and their reports are injected: `lunatik inject hid`.
---@class lunatik.hid.lib
local hid = {}

---A driver, which lives until its script is stopped.
---@class lunatik.hid: userdata
local object = {}

---Which devices a driver takes; what is left out is any.
---@class lunatik.hid.id
---@field bus? integer
---@field group? integer
---@field vendor? integer
---@field product? integer
---@field driver_data? integer

---A device.
---@class lunatik.hid.device
---@field bus integer
---@field group integer
---@field vendor integer
---@field product integer
---@field version integer
---@field name string

---A report, as the descriptor has it.
---@class lunatik.hid.report
---@field id integer
---0 for input.
---@field type integer
---In bits, without its number.
---@field size integer
---The usage of its application, as 0x10002 for a mouse.
---@field application integer
---@field maxfield integer

---What a driver is. Its callbacks get this table as their first argument; an error of `probe` has it not take the device, one
---of `raw_event` has the report go no further.
---@class lunatik.hid.driver
---@field name string
---@field id_table lunatik.hid.id[]
---A device that an entry of id_table fits, with this entry.
---@field probe? fun(self: lunatik.hid.driver, id: lunatik.hid.id)
---Its report descriptor, which may be changed.
---@field report_fixup? fun(self: lunatik.hid.driver, hdev: lunatik.hid.device, data: lunatik.data)
---A report's bytes, which may be changed.
---@field raw_event? fun(self: lunatik.hid.driver, hdev: lunatik.hid.device, report: lunatik.hid.report, data: lunatik.data)
---@field [string] any

---Registers a driver.
---
---For a softirq runtime: raises `runtime context mismatch` in any other. Raises `failed to register hid driver: NAME` for a
---name that another one has.
---@param driver lunatik.hid.driver
---@return lunatik.hid
function hid.register(driver) end

return hid
