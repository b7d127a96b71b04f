#!/bin/sh
# All files in one, sorted.
set -eu
tr '\n' '\0' <"$SCAR_INPUT_FILES" | xargs -0 cat | sort >"$SCAR_OUTPUT_DIR/all"
