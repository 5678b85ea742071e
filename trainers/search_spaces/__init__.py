"""Search spaces for `tools.tune`, one file each."""
