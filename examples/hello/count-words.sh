#!/bin/sh
# Count the words of one verse.
set -eu

name=$(basename "$INPUT_FILE_PATH" .txt)
words=0
while IFS= read -r line; do
    # The unquoted expansion splits the line into words; -f keeps a lone * from becoming file names.
    set -f
    # shellcheck disable=SC2086
    set -- $line
    words=$((words + $#))
done <"$INPUT_FILE_PATH"
echo "$name: $words $UNIT" >"$TMP_OUTPUT_DIR/$name.count"
cat "$TMP_OUTPUT_DIR/$name.count"
