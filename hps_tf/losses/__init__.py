"""Losses of pose and shape against images and labels.

Functions take the estimate first and the target second, and return one value per example. The
`keras.losses.Loss` classes are called in Keras' order, (y_true, y_pred, sample_weight).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
