#!/bin/sh
# Each line is a piece.
set -eu
split -l 1 -a 4 -d "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/piece-"
