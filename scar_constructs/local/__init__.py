"""The local cloud as its users meet it: run workflows in it, keep it, transfer files."""
