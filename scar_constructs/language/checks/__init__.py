"""What can be wrong with functions, one module per subject."""
