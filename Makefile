# The two commands of the README: `make demo` and `make test`. They need Node, npm and /dev/fuse, nothing else.
LUNATIK = node build/dist/main.js

.PHONY: all demo mount test test-all test-arm64 coverage lint format conformance luals bench soak stress kill events docs clean

all: build/.stamp

# Install scripts are not run: fuse-native's would compile its addon anew, which needs a compiler and libfuse's headers.
node_modules/.stamp: package.json package-lock.json
	npm ci --ignore-scripts
	npx tap build
	@touch $@

build/.stamp: node_modules/.stamp tsconfig.json rolldown.config.js $(shell find src devices test bench -name '*.ts')
	rm -rf build
	npm run --silent build
	@chmod +x build/dist/main.js
	@touch $@

# Mounts the examples, shows them at work with ordinary tools, and unmounts.
demo: build/.stamp
	@env -u LUNATIK_MNT $(LUNATIK) exec -- sh demo.sh

# Mounts the examples until interrupted, on MNT or where the command does by itself, as it says then: for root
# `cat /mnt/lunatik/mydevice` works in another terminal.
mount: build/.stamp
	@exec $(LUNATIK) mount $(MNT)

# The tests with the defaults, and some with the other engine and transport. TESTS=mount/w runs those with that in their
# path, with each engine and transport that they depend on; JOBS=1 one after the other.
test: lint
	@ALL='$(ALL)' TESTS='$(TESTS)' JOBS='$(JOBS)' exec node build/test/run/main.js

# All tests, each with the engines and transports that it depends on, the long ones too.
test-all: ALL = 1
test-all: test

# The defaults on Node for arm64, under QEMU's user emulation; skipped where that isn't installed.
test-arm64: build/.stamp
	@sh test/arm64.sh

# Which lines of the sources the tests beside them reach; with the default engine and transport.
coverage: build/.stamp
	npx tap

lint: build/.stamp
	npx biome check

format: node_modules/.stamp
	npx biome check --write

# How far the kernel's recordings agree, which is a part of the tests. CASES="a b" runs some; ENGINE=fengari and
# TRANSPORT=fuse-native choose the others; ARGS=--diff prints what differs, ARGS=--raise raises the floor.
TRANSPORT ?= dev-fuse
ENGINE ?= wasm
conformance: build/.stamp
	@TRANSPORT=$(TRANSPORT) ENGINE=$(ENGINE) node build/test/conformance/main.js $(ARGS) $(CASES)

# The definition files of the constants' tables, luals/linux/, written anew from the sources. The others are written by hand.
luals: build/.stamp
	@node build/test/luals/main.js

# Ratios of interleaved runs; never a part of the tests. ARGS="--quick" takes a minute.
bench: build/.stamp
	@node build/bench/main.js $(ARGS)

# Many clients on one mount for SECONDS; fails where an answer, the memory or the end is not as it must be.
SECONDS = 600
SEED ?= 1
soak: build/.stamp
	@LUNATIK_ENGINE=$(ENGINE) node build/bench/soak.js --seconds $(SECONDS) --transport $(TRANSPORT) --seed $(SEED)

# Sleepers, pollers, readers, writers, renames and stops on one mount: no answer late by the server's own doing, then CALLS
# opens, reads, polls and closes; the memory stays level.
CALLS ?= 1000000
stress: SECONDS = 60
stress: build/.stamp
	@LUNATIK_ENGINE=$(ENGINE) node build/bench/stress.js --seconds $(SECONDS) --seed $(SEED) --calls $(CALLS)

# COUNT servers under load are killed, each on the folder of the one before.
COUNT ?= 200
kill: build/.stamp
	@LUNATIK_ENGINE=$(ENGINE) node build/bench/kill.js --count $(COUNT) --transport $(TRANSPORT) --seed $(SEED)

# EVENTS random events of SEED on hooks that err, spin, sleep, leak and stop themselves; `make test-all` has few of them.
EVENTS ?= 100000
events: build/.stamp
	@EVENTS=$(EVENTS) SEED=$(SEED) LUNATIK_ENGINE=$(ENGINE) TAP_TIMEOUT=600 \
		node --conditions=lunatik-modules build/test/lib/inject.fuzz.test.js

# The API reference, docs/api/index.html. Fails where an export has no docstring, or a function of a lua_State none of the
# stack.
docs: build/.stamp docs/node_modules/.stamp
	@rm -rf docs/api
	@cd docs && npx --no-install typedoc --options typedoc.json

# A package of its own: TypeDoc needs TypeScript 6, and two TypeScripts in one folder would both claim the command tsc.
docs/node_modules/.stamp: docs/package.json docs/package-lock.json
	npm --prefix docs ci --ignore-scripts
	@touch $@

clean:
	rm -rf build node_modules .tap docs/node_modules docs/api
