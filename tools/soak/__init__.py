"""Long runs of the programs under faults; run as `tools.soak`."""
