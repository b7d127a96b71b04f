#!/bin/sh
# Takes longer than the function may.
set -eu
sleep 9
echo "done in ${AWS_BATCH_JOB_ID:-lambda}" >"$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"
