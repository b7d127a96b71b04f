#!/bin/sh
# Find the bright regions of a picture (connected components above a threshold) and draw a box
# around each that covers at least a thousandth of it.
set -eu

input=${INPUT_FILE_PATH:-$SCAR_INPUT_FILE}
output=${TMP_OUTPUT_DIR:-$SCAR_OUTPUT_DIR}
name=$(basename "$input")

area=$(identify -format '%[fx:int(w*h/1000)]' "$input")
convert "$input" -colorspace Gray -threshold 60% \
    -define connected-components:verbose=true \
    -define connected-components:area-threshold="$area" \
    -connected-components 8 null: >"$output/${name%.*}.regions"

# A region's line reads "  id: WIDTHxHEIGHT+X+Y centroid area colour"; white is above the threshold.
boxes=$(awk '$NF ~ /255|white/ {
    split($2, part, /[x+]/)
    printf " rectangle %d,%d %d,%d", part[3], part[4], part[3] + part[1] - 1, part[4] + part[2] - 1
}' "$output/${name%.*}.regions")
convert "$input" -fill none -stroke red -strokewidth 2 -draw "${boxes:- point 0,0}" "$output/$name"
echo "$name: $(echo "$boxes" | grep -o rectangle | wc -l) regions"
