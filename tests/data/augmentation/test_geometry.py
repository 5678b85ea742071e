import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.augmentation import geometry
from hps_tf.data.augmentation.geometry import View
from hps_tf.geometry import camera

SIZE = 128


def view_of(count, scale=1.0, angle=0.0, shift=(0.0, 0.0), mirrored=False) -> View:
    return View(
        tf.fill([count], scale),
        tf.fill([count], angle),
        tf.tile([shift], [count, 1]),
        tf.fill([count], mirrored),
    )


VIEWS = {
    "same": {},
    "scale": {"scale": 1.2},
    "angle": {"angle": 0.5},
    "shift": {"shift": (0.06, -0.04)},
    "mirrored": {"mirrored": True},
    "all": {"scale": 0.85, "angle": -0.45, "shift": (-0.05, 0.07), "mirrored": True},
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(("size", "parts_size"), [(128, 128), (96, 48), (160, 64)])
def test_the_body_rendered_anew_has_the_labels_of_the_augmented_image(
    name, size, parts_size, make_batch, render_parts
):
    batch = make_batch(3, SIZE)
    seen = geometry.apply(batch, view_of(3, **VIEWS[name]), size, parts_size)
    # The camera of the part labels' size.
    at_parts = seen | {
        "intrinsics": camera.crop_intrinsics(
            seen["intrinsics"], tf.constant([0.0, 0.0, size, size]), (parts_size, parts_size)
        )
    }
    expected = render_parts(at_parts, parts_size)
    for labels, rendered in zip(seen["part_labels"].numpy(), expected, strict=True):
        rows, columns = np.nonzero(rendered)
        box = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        print(name, size, parts_size, (labels[box] == rendered[box]).mean())
        assert (labels[box] == rendered[box]).mean() >= 0.98
