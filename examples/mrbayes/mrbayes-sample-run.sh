#!/bin/sh
# Bayesian inference of phylogeny: ITERATIONS generations of two Markov chain runs over the
# NEXUS file that was uploaded, then summaries of the parameters and of the trees.
set -eu

name=$(basename "$SCAR_INPUT_FILE" .nex)
cd "$SCAR_OUTPUT_DIR"
cp "$SCAR_INPUT_FILE" "$name.nex"

# A fixed seed makes the run repeatable. MrBayes reads commands from standard input, and
# leaves with a code other than 0 when one of them fails.
mb <<COMMANDS
set autoclose=yes nowarnings=yes quitonerror=yes seed=1 swapseed=1
execute $name.nex
mcmc ngen=${ITERATIONS:-10000} samplefreq=100 printfreq=1000 diagnfreq=1000 filename=$name
sump filename=$name
sumt filename=$name
quit
COMMANDS

rm "$name.nex"
test -s "$name.con.tre"
