#!/bin/sh
# Trim and filter a pair of files. Their order in SCAR_INPUT_FILES is not that of the reads.
set -eu
first=$(grep '_R1\.fastq\.gz$' "$SCAR_INPUT_FILES")
second=$(grep '_R2\.fastq\.gz$' "$SCAR_INPUT_FILES")
fastp --in1 "$first" --in2 "$second" \
    --out1 "$SCAR_OUTPUT_DIR/R1.fastq.gz" --out2 "$SCAR_OUTPUT_DIR/R2.fastq.gz" \
    --json "$SCAR_OUTPUT_DIR/report.json" --html /dev/null
