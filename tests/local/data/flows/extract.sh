#!/bin/sh
# One sound and two pictures of a film, and a file that nobody asked for.
set -eu
name=$(basename "$INPUT_FILE_PATH" .mkv)
echo "sound of $name" >"$TMP_OUTPUT_DIR/$name.wav"
echo "picture 1 of $name" >"$TMP_OUTPUT_DIR/$name-1.jpg"
echo "picture 2 of $name" >"$TMP_OUTPUT_DIR/$name-2.jpg"
echo "scratch" >"$TMP_OUTPUT_DIR/$name.tmp"
