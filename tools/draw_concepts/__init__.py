"""The figures of docs/concepts.md, drawn by what they explain."""
