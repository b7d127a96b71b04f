#!/bin/sh
# What the kernel gives this job.
{
    df -k --output=size /dev/shm | tail -n 1 | tr -d ' '
    ulimit -n
    ulimit -Hn
} >"$TMP_OUTPUT_DIR/limits"
