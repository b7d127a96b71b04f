#!/bin/sh
echo "counting $(cat "$INPUT_FILE_PATH")"
if grep -q bad "$INPUT_FILE_PATH" && [ ! -e /tmp/living-is-mended ]; then
    echo "this part is bad" >&2
    exit 3
fi
wc -w <"$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/${INPUT_FILE_PATH##*/}"
