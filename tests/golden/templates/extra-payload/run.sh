#!/bin/sh
cp "$EXTRA_PAYLOAD/sub/labels" "$SCAR_OUTPUT_DIR"
