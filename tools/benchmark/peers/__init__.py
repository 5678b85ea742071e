"""Accuracy and speed beside other projects that do a part of the same job."""
