#!/bin/sh
cp "$INPUT_FILE_PATH" /mnt/models/
