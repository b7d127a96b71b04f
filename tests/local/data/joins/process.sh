#!/bin/sh
# A line that names a file fails as long as the file is there; an empty one makes no part.
set -eu
line=$(cat "$SCAR_INPUT_FILE")
case $line in
/*) [ ! -e "$line" ] || exit 3 ;;
esac
[ -z "$line" ] || echo "$line" >"$SCAR_OUTPUT_DIR/part"
