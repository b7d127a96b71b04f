#!/bin/sh
echo "giving up on $INPUT_FILE_PATH"
exit 7
