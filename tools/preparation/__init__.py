"""The work of the programs that prepare data, which import TensorFlow."""
