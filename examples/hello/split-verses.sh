#!/bin/sh
# Cut the text at its blank lines: one file per verse.
set -eu

name=$(basename "$INPUT_FILE_PATH" .txt)
verse=1
fresh=yes
while IFS= read -r line || [ -n "$line" ]; do
    if [ -z "$line" ]; then
        [ "$fresh" = yes ] || verse=$((verse + 1))
        fresh=yes
        continue
    fi
    fresh=no
    printf '%s\n' "$line" >>"$TMP_OUTPUT_DIR/$name-$verse.txt"
done <"$INPUT_FILE_PATH"
echo "cut $name into $(ls "$TMP_OUTPUT_DIR" | wc -l) verses"
