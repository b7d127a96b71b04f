#!/bin/sh
# Fails where more than two run at a time: the file names a folder in which each of them has a place.
read -r places <"$INPUT_FILE_PATH"
for place in 1 2; do
    if mkdir "$places/$place" 2>/dev/null; then
        sleep 0.1
        rmdir "$places/$place"
        cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR"
        exit 0
    fi
done
touch "$places/crowded"
exit 9
