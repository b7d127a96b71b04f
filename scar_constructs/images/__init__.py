"""Images of functions: saved archives, registries, and the lock file."""
