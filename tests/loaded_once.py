"""Pretrained models, loaded once for all tests of a process; none may change them.

Their graphs take longer to make than a test's few poses or photographs to run through them.
"""

import contextlib
import functools
from collections.abc import Iterator

import pytest

from hps_tf import body, detection, models, priors
from hps_tf.reconstruction import pretrained

detector = functools.cache(detection.load_default)
prior = functools.cache(priors.load)
_body = functools.cache(body.load_small)
_lifting = functools.cache(models.load_lifting)
_lifter = functools.cache(pretrained.Lifter)
_refiner = functools.cache(pretrained.Refiner)


@contextlib.contextmanager
def by_everybody() -> Iterator[None]:
    """Product code that loads a reconstructor or the detector gets those of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body, "load_small", _body)
        patch.setattr(detection, "load_default", detector)
        patch.setattr(models, "load_lifting", _lifting)
        patch.setattr(pretrained, "Lifter", _lifter)
        patch.setattr(pretrained, "Refiner", _refiner)
        yield
