"""hps_tf: a TensorFlow/Keras model garden for 3D human pose and shape.

    import hps_tf

    bodies = hps_tf.reconstruction.load()(["photograph.jpg"])
    prior = hps_tf.priors.load("cmu-6d-light")
    body = hps_tf.body.load_default()

Subpackages and names are imported when they are used first, TensorFlow with the first that needs
it. What there is: ``dir(hps_tf)``, and ``dir`` of each subpackage.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
