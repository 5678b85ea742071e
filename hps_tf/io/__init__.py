"""Files: written whole or not at all, read without trust, locked, and named where they lie."""
