#!/bin/sh
# Cut the text into pieces of four lines: piece-000.txt, piece-001.txt, ...
set -eu
split -l 4 -d -a 3 --additional-suffix=.txt "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/piece-"
