"""Derivation of the embedded body from MakeHuman's CC0 data; run by `tools.build_default_body`."""
