"""Parts of the command `fit`."""
