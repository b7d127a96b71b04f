"""The local cloud: emulated services in one process, with what they lack added in small modules.

Runs in an environment of its own (`.venv-cloud`, see requirements.txt) and imports nothing of the
main one. Everything that touches the emulator's private names is in `emulator`; every other module
knows only plain data and the callables it is given.
"""
