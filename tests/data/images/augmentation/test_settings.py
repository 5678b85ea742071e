import pytest

from hps_tf.data.images.augmentation import Augmentation


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("scale", 0.8, r"`scale`: expected from 1 to 4, received 0\.8"),
        ("rotation", -0.1, r"`rotation`: expected from 0 to 3\.142, received -0\.1"),
        ("flip", 1.5, r"`flip`: expected from 0 to 1, received 1\.5"),
        ("colour", float("nan"), r"`colour`: expected from 0 to 2, received nan"),
    ],
)
def test_values_out_of_bounds_are_named(field, value, message):
    with pytest.raises(ValueError, match=message):
        Augmentation(**{field: value})


def test_none_has_nothing_on():
    none = Augmentation.none()
    assert none.scale == 1
    assert not any((none.rotation, none.shift, none.flip, none.colour))
    assert not any((none.rotated, none.occluders, none.background))
