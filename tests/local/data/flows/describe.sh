#!/bin/sh
set -eu
echo "described: $(cat "$INPUT_FILE_PATH")" >"$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH").txt"
