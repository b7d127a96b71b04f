#!/bin/sh
# Runs once for every file that comes to the input folder: the file is at $INPUT_FILE_PATH, and
# every file that is in $TMP_OUTPUT_DIR at the end goes to the output folder.
set -eu

name=$(basename "$INPUT_FILE_PATH" .txt)
lines=$(wc -l <"$INPUT_FILE_PATH")
echo "$name: $((lines)) lines" | tee "$TMP_OUTPUT_DIR/$name.count"
