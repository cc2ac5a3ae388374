#!/bin/sh
# What `make demo` runs on its mount: the document's example, driven by ordinary tools.
set -eu
cd /

show() {
	printf '\n$ %s\n' "$1"
	sh -c "$1"
}

show 'ls -l $LUNATIK_MNT'
show 'head -c 10 $LUNATIK_MNT/mydevice; echo'
show 'dd if=$LUNATIK_MNT/mydevice bs=1 count=1 status=none; echo'
show 'timeout 1 cat $LUNATIK_MNT/mydevice | head -c 40; echo'
show 'echo hello > $LUNATIK_MNT/mydevice'
show 'echo "kept by Lua" > $LUNATIK_MNT/mybuffer'
show 'cat $LUNATIK_MNT/mybuffer'
echo
