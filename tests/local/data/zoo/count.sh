#!/bin/sh
# The number of bytes of the file.
set -eu
wc -c <"$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"
