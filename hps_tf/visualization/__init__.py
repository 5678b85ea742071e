"""Pictures to look at: bodies in soft light, contact sheets, and meshes as glTF files."""
