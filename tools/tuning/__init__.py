"""Parts of `tools.tune`: the search space, a trial's training, and the report."""
