#!/bin/sh
echo "heard $1$word"
if [ -n "$INPUT_FILE_PATH" ]; then
    cat "$INPUT_FILE_PATH"
    cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"
fi
