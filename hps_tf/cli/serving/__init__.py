"""Clients of a model server that speaks as TensorFlow Serving does."""
