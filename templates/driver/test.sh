#!/bin/sh
# Tests the driver with ordinary tools, as the programs that will use it.
#
#   sh test.sh        mounts the device by itself: LUNATIK is the command, by default the installed package's
#   sh test.sh DIR    where the device is already: /dev of a kernel, or the folder of `lunatik mount`
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit

if [ $# -eq 0 ]; then
	[ -n "${LUNATIK-}" ] || { cd "$here" && LUNATIK='npx --no lunatik'; }
	unset LUNATIK_MNT # else it would be the folder to mount on
	export here
	eval "$LUNATIK"' exec --scripts "$here" --run mydriver -- sh -c '\''sh "$here/test.sh" "$LUNATIK_MNT"'\'
	exit
fi

dev=$1/mydriver
failed=0

# What a read of the whole file gives, in one line. A driver that never ends the file, or never answers, is cut off.
value() {
	timeout 10 head -c 50 "$dev" | tr '\n' '.'
}

# The same of a read with dd's arguments.
part() {
	timeout 10 dd if="$dev" "$@" 2> /dev/null | tr '\n' '.'
}

# check WHAT EXPECTED GOT
check() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1: expected '$2', got '$3'"
		failed=1
	fi
}

[ -e "$dev" ] || { echo "not ok - there is no $dev: does the script run?"; exit 1; }

echo hello > "$dev"
check "a read gives what was written" "hello." "$(value)"
check "a second read gives it again" "hello." "$(value)"
check "a read at an offset gives what is there" "llo" "$(part bs=1 skip=2 count=3)"
check "a read at the end gives nothing" "" "$(part bs=6 skip=1 count=1)"
check "a read in pieces gives all of it" "hello." "$(part bs=1 count=20)"

echo hi > "$dev"
check "a shorter value replaces a longer one" "hi." "$(value)"

printf 'written in pieces' | timeout 10 dd of="$dev" bs=4 2> /dev/null
check "a write in pieces keeps all of them" "written in pieces" "$(value)"

if timeout 10 dd if=/dev/zero of="$dev" bs=5000 count=1 2> /dev/null; then got=taken; else got=refused; fi
check "a value that is too long is refused, as the log says" "refused" "$got"
check "a write that was refused leaves the value" "written in pieces" "$(value)"

: > "$dev"
check "an open without a write changes nothing" "written in pieces" "$(value)"

exit $failed
