"""The work of the programs that publish trained models, which import TensorFlow."""
