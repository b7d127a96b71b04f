"""The local cloud: emulated services in one process, with what they lack added in small modules.

Runs as a process of its own and imports no other room of the package. Everything that touches
private names of the emulator is in `services`; every other module knows only plain data and the
callables it is given.
"""
