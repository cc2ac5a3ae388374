# The end of a test's process, or of a whole run, however it comes: what it has started, mounted and written goes with it.
#
# guard.sh FOLDER: standard input is a pipe whose other end that process alone holds, so it closes when the process is
# gone. What it has started has FOLDER as LUNATIK_TEST in its environment; what it has mounted and written is below it.
folder=$1
trap '' HUP INT TERM
cat > /dev/null

# Again until there is none: while some are ended others may start.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  started=$(grep -alzF "LUNATIK_TEST=$folder" /proc/[0-9]*/environ | cut -d / -f 3)
  [ -n "$started" ] || break
  kill -9 $started
  sleep 0.1
done

# The last mount first, as one may lie on another. A space in a path is \040 there, which printf reads as \0040.
grep -F "/${folder##*/}/" /proc/self/mountinfo | cut -d ' ' -f 5 | sed '1!G;h;$!d; s/\\/\\0/g' |
  while IFS= read -r mountpoint; do
    path=$(printf '%b.' "$mountpoint")
    case $path in
      "$folder"/*) umount -l -- "${path%.}" || fusermount3 -uz -- "${path%.}" || fusermount -uz -- "${path%.}" ;;
    esac
  done

rm -rf --one-file-system -- "$folder"
