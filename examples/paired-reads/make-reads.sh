#!/bin/sh
# Write two files of made-up reads: make-reads.sh FOLDER/SAMPLE
set -eu
for read in 1 2; do
    awk -v seed="$read" 'BEGIN {
        srand(seed)
        for (number = 1; number <= 1000; number++) {
            bases = ""
            for (place = 0; place < 100; place++) bases = bases substr("ACGT", 1 + int(4 * rand()), 1)
            quality = bases
            gsub(/./, "I", quality)
            printf "@read-%d/%d\n%s\n+\n%s\n", number, seed, bases, quality
        }
    }' | gzip -n >"${1}_R$read.fastq.gz"
done
