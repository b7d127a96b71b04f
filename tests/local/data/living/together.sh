#!/bin/sh
# All files of a folder, one after another.
set -eu
echo "$SCAR_GROUP"
while read -r file; do cat "$file"; done <"$SCAR_INPUT_FILES" | tee "$SCAR_OUTPUT_DIR/all"
