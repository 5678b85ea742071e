"""What `tools.photo` is made of: its input, names, pictures, meshes and report."""
