import dataclasses

import numpy as np
import pytest

from hps_tf.fitting.result import FitResult
from hps_tf.geometry import axis_angle
from tools.reproduce import row_errors, rows


def fit_to(people, body, **changes):
    """The truth as a fit's result, but for some changes."""
    count = len(people)
    values = {
        "pose": axis_angle.from_matrix(people.rotation_matrices).numpy(),
        "shape": people.shape,
        "translation": people.translation,
        **changes,
    }
    joints = body.joints(**{name: values[name] for name in ("pose", "shape", "translation")})
    fields = [field.name for field in dataclasses.fields(FitResult)]
    rest = {name: np.zeros(count) for name in fields if name not in (*values, "joints_3d")}
    return FitResult(**values, **{**rest, "terms": {}}, joints_3d=joints.numpy())


def test_the_truth_has_no_error(people, body):
    errors = row_errors.measure([fit_to(people, body)], people, body)
    for name, values in errors.items():
        assert values.shape == (len(people),), name
        np.testing.assert_allclose(values, 0, atol=0.05)


def test_errors_are_centimetres_and_leave_the_place_aside(people, body):
    moved = fit_to(people, body, translation=people.translation + np.float32([0.1, 0.2, 0.3]))
    errors = row_errors.measure([moved], people, body)
    np.testing.assert_allclose(errors["mpjpe"], 0, atol=0.05)
    np.testing.assert_allclose(errors["mpvpe"], 0, atol=0.05)
    half_turn = axis_angle.to_matrix(np.float32([0, np.pi, 0])).numpy()
    matrices = people.rotation_matrices.copy()
    matrices[:, 0] = half_turn @ matrices[:, 0]
    turned = fit_to(people, body, pose=axis_angle.from_matrix(matrices).numpy())
    errors = row_errors.measure([turned], people, body)
    offsets = turned.joints_3d - people.joints_3d
    expected = np.linalg.norm(offsets - offsets[:, :1], axis=-1).mean(axis=-1)
    np.testing.assert_allclose(errors["mpjpe"], 100 * expected, rtol=1e-4)
    assert errors["pa_mpjpe"].max() < 0.05
    assert errors["mpvpe"].min() > 2.0


def test_oracle_takes_the_best_start_of_each_person(people, body):
    pose = axis_angle.from_matrix(people.rotation_matrices).numpy()
    bent = pose.copy()
    bent[:, 16] += 1.0
    is_even = (np.arange(len(people)) % 2 == 0)[:, None, None]
    first = fit_to(people, body, pose=np.where(is_even, pose, bent))
    second = fit_to(people, body, pose=np.where(is_even, bent, pose))
    errors = row_errors.measure([first, second], people, body)
    np.testing.assert_allclose(errors["oracle_mpjpe"], 0, atol=0.05)
    assert (errors["mpjpe"][1::2] > 1.0).all()
    np.testing.assert_allclose(errors["mpjpe"][0::2], 0, atol=0.05)


def test_wrong_starts_are_those_that_cost_over_a_centimetre(make_errors):
    measured = make_errors(rows.ROWS[0], 5.0)
    assert measured.wrong_start_rate == pytest.approx(0.25)
    nearly = dataclasses.replace(measured, oracle_mpjpe=measured.mpjpe - 0.9)
    assert nearly.wrong_start_rate == 0.0
