"""Speed of the project's parts beside other implementations; run as `tools.benchmark`."""
