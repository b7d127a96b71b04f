#!/bin/sh
echo rubbish >"$SCAR_OUTPUT_DIR/rubbish"
exit 7
