#!/bin/sh
# The same file, in capitals.
set -eu
tr '[:lower:]' '[:upper:]' <"$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"
