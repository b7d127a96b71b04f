"""The language described for people and editors, from its own declarations."""
