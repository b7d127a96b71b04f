"""The command `scar`: one module per command, imported when it is called."""
