#!/bin/sh
# The main node ends once the others are there, and they are ended with it.
me=$AWS_BATCH_JOB_NODE_INDEX
echo "$me of $AWS_BATCH_JOB_NUM_NODES, by $AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"
echo "node $me is here"
cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/from-$me"
if [ "$me" = "$AWS_BATCH_JOB_MAIN_NODE_INDEX" ]; then sleep 2; else sleep 300; fi
