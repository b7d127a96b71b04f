#!/bin/sh
echo "splitting"
split -l 1 "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/${SCAR_INPUT_FILE##*/}-"
