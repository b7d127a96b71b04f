"""Runs that have many files as their input: one when all that came of an execution has arrived, or
when files that belong together have."""
