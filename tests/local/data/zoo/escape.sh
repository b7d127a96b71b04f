#!/bin/sh
# Proves that the root is read-only, that only /tmp takes files, and who runs.
set -u
if echo x >/escape 2>/dev/null; then exit 3; fi
echo x >/tmp/escape || exit 4
echo "$(id -u):$(id -g)" >"$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"
