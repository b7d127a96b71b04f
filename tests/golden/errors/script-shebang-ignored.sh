#!/bin/bash
cowsay moo
