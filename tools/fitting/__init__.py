"""What `tools.fit` is made of: sources, cameras, evidence, resumable work and what it writes."""
