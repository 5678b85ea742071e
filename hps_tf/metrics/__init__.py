"""Errors of reconstructed people, and measures of pose priors.

Functions take the estimate first and the target second. The `keras.metrics.Metric` classes are
updated in Keras' order, (y_true, y_pred, sample_weight).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
