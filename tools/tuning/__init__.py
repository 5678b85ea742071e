"""What `tools.tune` is made of: the search space, a trial's training, and the report."""
