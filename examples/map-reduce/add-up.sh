#!/bin/sh
# Add up the counts of all pieces: SCAR_INPUT_FILES has a line with the path of each.
set -eu
tr '\n' '\0' <"$SCAR_INPUT_FILES" | xargs -0 cat |
    awk '{ total[$2] += $1 } END { for (word in total) print total[word], word }' |
    sort -k1,1nr -k2 >"$SCAR_OUTPUT_DIR/words.txt"
echo "added up $(wc -l <"$SCAR_INPUT_FILES") pieces of $SCAR_GROUP"
