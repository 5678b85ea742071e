"""What `tools.render` draws."""
