"""Models out of the door: SavedModels, checked after export."""
