#!/bin/sh
# Keeps the body of a request; answers with it (?whole=1) or with its hash.
set -eu
if [ -n "${CONT_VAR_sleep:-}" ]; then sleep "$CONT_VAR_sleep"; fi
if [ -n "${CONT_VAR_fail:-}" ]; then exit "$CONT_VAR_fail"; fi
cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/body"
if [ -n "${whole:-}" ]; then
  cat "$INPUT_FILE_PATH"
else
  sha256sum <"$INPUT_FILE_PATH"
fi
