import numpy as np

from hps_tf.geometry import axis_angle
from tools.reproduce import figure
from tools.reproduce.figure import Fits


def truth_as_fits(people):
    return Fits(
        name="truth again",
        pose=axis_angle.from_matrix(people.rotation_matrices).numpy(),
        shape=people.shape,
        translation=people.translation,
        mpjpe=np.zeros(len(people)),
    )


def test_examples_are_at_the_quantiles_of_the_errors():
    errors = np.random.default_rng(0).permutation(101).astype(float)
    assert [errors[person] for person in figure.examples(errors)] == [20, 50, 80]


def test_a_sheet_has_a_row_a_person_and_shows_what_was_fitted(people, body):
    fits = truth_as_fits(people)
    bent = fits.pose.copy()
    bent[:, 16] += 1.0
    others = Fits("bent", bent, fits.shape, fits.translation, np.full(len(people), 5.0))
    one = figure.draw(people, [3], [fits], body)
    both = figure.draw(people, [3, 5], [fits, others], body)
    assert one.dtype == np.uint8
    assert both.shape[0] > 1.7 * (one.shape[0] - 60)
    assert both.shape[1] > one.shape[1]


def test_a_fit_equal_to_the_truth_covers_the_same_pixels(people, body):
    pose = axis_angle.from_matrix(people.rotation_matrices[:1]).numpy()
    fitted = body(pose=pose, shape=people.shape[:1], translation=people.translation[:1])
    arguments = (people.joints_3d[0, 0], people.evidence.intrinsics[0], body, figure.palette.SKIN)
    true = figure._two_views(people.vertices[0], *arguments)
    again = figure._two_views(fitted.vertices.numpy()[0], *arguments)
    assert (np.abs(true.astype(int) - again.astype(int)).max(axis=-1) > 40).mean() < 0.01
    assert (true[:, :160] != true[:, 160:]).any()
