#!/bin/sh
# Count how often each word stands in a piece.
set -eu
tr -cs '[:alpha:]' '\n' <"$SCAR_INPUT_FILE" | tr '[:upper:]' '[:lower:]' | sed '/^$/d' |
    sort | uniq -c >"$SCAR_OUTPUT_DIR/counts"
