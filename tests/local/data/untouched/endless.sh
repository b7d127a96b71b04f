#!/bin/sh
echo rubbish >"$SCAR_OUTPUT_DIR/rubbish"
echo waiting
sleep 300
