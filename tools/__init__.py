"""Programs over the library: preparing data, evaluating, rendering, measuring."""
