#!/bin/sh
cowsay moo
