"""The HTML page that shows people in three dimensions."""
