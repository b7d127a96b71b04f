#!/bin/sh
# Cut the video into one picture a second, named after the video.
set -eu

input=${INPUT_FILE_PATH:-$SCAR_INPUT_FILE}
output=${TMP_OUTPUT_DIR:-$SCAR_OUTPUT_DIR}
name=$(basename "$input")

ffmpeg -hide_banner -loglevel warning -nostdin -i "$input" -vf fps=1 "$output/${name%.*}-%03d.jpg"
echo "cut $name into $(ls "$output" | wc -l) frames"
