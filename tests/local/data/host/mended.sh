#!/bin/sh
# The name of the input says which file has to be there first: with engine "process", a script sees
# the files of this machine.
cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR"
echo "looking for a file"
[ -e "$(cat "$SCAR_INPUT_FILE")" ]
