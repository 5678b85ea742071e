"""Parts of `hps photo`: its input, names, pictures, meshes and report."""
