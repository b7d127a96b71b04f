"""The keys of the language and the forms of their values."""
