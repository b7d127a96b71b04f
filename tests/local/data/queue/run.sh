#!/bin/sh
# A file that says `fail` fails until the file that it names is there.
read -r word mended <"$INPUT_FILE_PATH"
[ "$word" != fail ] || [ -e "$mended" ] || exit 7
cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR"
