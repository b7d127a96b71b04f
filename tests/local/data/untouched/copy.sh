#!/bin/sh
echo "copying $SCAR_INPUT_FILE"
"$EXTRA_PAYLOAD/tool" <"/tmp/$REQUEST_ID/input/${INPUT_FILE_PATH##*/}" >"$TMP_OUTPUT_DIR/copy"
{ id -u; echo "$MINE"; pwd; echo "$LICENCE"; } >"$SCAR_OUTPUT_DIR/facts"
