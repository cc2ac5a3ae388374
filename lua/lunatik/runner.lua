-- Runs scripts by name, stops them and lists them: what the command `lunatik` and scripts use.
--
-- What runs is in three tables of lunatik._ENV: `runtimes` by name, `threads` by name, of what was spawned, and
-- `percpu` by name and CPU, "NAME:0" and so on, of what runs once for each CPU.

-- A module in C, whatever the scripts are called: `require` would give thread.lua for "thread".
local function builtin(name)
	return package.searchers[3](name)(name)
end

local lunatik = builtin("lunatik")
local thread = builtin("thread")
local rcu = builtin("rcu")
local linux = builtin("linux")
local scripts = builtin("lunatik.scripts")

local env = lunatik._ENV
local runner = {}

-- Names may end in ".lua".
local function nameof(script)
	return (script:gsub("%.lua$", ""))
end

-- Runs a script once for each CPU. Where one fails, the others are taken back.
local function runpercpu(name, context)
	for cpu = 0, linux.numcpus() - 1 do
		local ok, message = pcall(function()
			scripts.runtime(name, context, cpu)
		end)
		if not ok then
			scripts.stop(name)
			error(message, 0)
		end
	end
end

-- Runs a script under its name, by default in the context "process"; with percpu, once for each CPU. Returns its
-- runtime, nothing with percpu. Raises "NAME is already running", and as lunatik.runtime does.
function runner.run(script, context, percpu)
	local name = nameof(script)
	if scripts.has(name) then
		error(name .. " is already running")
	elseif percpu then
		return runpercpu(name, context)
	end
	local runtime = scripts.runtime(name, context) -- no tail call: an error names this line
	return runtime
end

-- Runs a script, and then the function that it returns as a thread. Returns the thread. Raises as run does, and as
-- thread.run: then the script isn't left running.
function runner.spawn(script, context, percpu)
	if percpu then
		error("spawn does not support percpu scripts")
	end
	local runtime = runner.run(script, context)
	local name = nameof(script)
	local ok, result = pcall(function()
		local t = thread.run(runtime, (name:match("%w*/*%w*$")))
		return t
	end)
	if not ok then
		scripts.stop(name)
		error(result, 0)
	end
	-- It may have run already, and stopped its script.
	if scripts.has(name) then
		env.threads[name] = result
	end
	return result
end

-- Stops a script, if it runs; its thread first.
function runner.stop(script)
	local name = nameof(script)
	if not scripts.stop(name) then
		error(name .. " can't stop itself: on a kernel this call would never return")
	end
end

-- The names of the scripts that run, the newest first; those that run for each CPU come first, and once.
local function names()
	local list = {}
	rcu.map(env.runtimes, function(name)
		table.insert(list, 1, name)
	end)
	rcu.map(env.percpu, function(key)
		local name = key:match("^(.+):0$")
		if name then
			table.insert(list, 1, name)
		end
	end)
	return list
end

-- The names of the scripts that run, joined by ", ".
function runner.list()
	return table.concat(names(), ", ")
end

-- Stops every script but the one that calls.
function runner.shutdown()
	for _, name in ipairs(names()) do
		scripts.stop(name)
	end
end

-- Makes the tables, where they aren't there.
function runner.startup()
	scripts.startup()
end

return runner
