#!/bin/sh
set -eu
name=$(basename "$INPUT_FILE_PATH")
# call
gzip -c "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/$name.gz"
cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/$name"
