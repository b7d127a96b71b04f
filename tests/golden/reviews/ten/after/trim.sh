#!/bin/sh
set -eu
name=$(basename "$INPUT_FILE_PATH")
# trim
cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/$name"
