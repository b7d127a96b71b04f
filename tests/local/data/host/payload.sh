# After a filler of several MB. The input is an event's payload: JSON, or a script's own argument.
cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/payload"
echo "copied $(wc -c <"$SCAR_INPUT_FILE") bytes"
