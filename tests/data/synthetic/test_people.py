import collections

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.data.synthetic import people
from hps_tf.data.synthetic.people import ClipPeople, PriorPeople
from hps_tf.errors import InputError
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import SIX_D
from tests.data.synthetic.conftest import clip


@pytest.fixture(scope="module")
def prior():
    untrained = FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
    rng = np.random.default_rng(0)
    poses = rng.normal(scale=0.2, size=(300, 24, 3)).astype(np.float32)
    vectors = SIX_D.from_pose(poses).numpy()
    untrained.adapt(vectors.mean(axis=0), np.cov(vectors.T))
    return untrained


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(people, "_BLOCK", 36)


def up(person):
    """The directions `(F, 3)` that the body's own y axis has in the world."""
    return Rotation.from_rotvec(person.pose[:, 0]).apply([0.0, 1.0, 0.0])


@pytest.mark.usefixtures("small_blocks")
def test_person_of_a_number_is_the_same_in_any_company(prior):
    source, again = PriorPeople(prior), PriorPeople(prior)
    together = source.draw("train", 30, 12, seed=1)
    for number in (41, 30, 36, 35):
        (alone,) = again.draw("train", number, 1, seed=1)
        np.testing.assert_array_equal(alone.pose, together[number - 30].pose)
    (other,) = source.draw("val", 30, 1, seed=1)
    assert np.abs(other.pose - together[0].pose).max() > 0.1


@pytest.mark.usefixtures("small_blocks")
def test_least_likely_samples_of_a_prior_are_dropped(prior):
    source = PriorPeople(prior)
    drawn = []
    sample = prior.sample

    def remember(n, seed):
        drawn.append(sample(n, seed))
        return drawn[-1]

    prior.sample = remember
    try:
        persons = source.draw("train", 0, 36, seed=0)
    finally:
        del prior.sample
    (vectors,) = drawn
    assert len(vectors) == 40
    likelihood = prior.log_prob(vectors).numpy()
    kept = likelihood >= np.sort(likelihood)[4]
    poses = SIX_D.to_pose(vectors).numpy()[kept]
    for person, pose in zip(persons, poses, strict=True):
        np.testing.assert_allclose(person.pose[0, 1:], pose[1:], atol=1e-5)


@pytest.mark.usefixtures("small_blocks")
def test_people_of_a_prior_are_mostly_upright_and_face_all_ways(prior):
    persons = PriorPeople(prior).draw("train", 0, 144, seed=0)
    tilts = np.degrees(np.arccos([up(person)[0, 1] for person in persons]))
    assert 11 < np.sqrt(np.mean(tilts**2)) < 19
    ahead = [Rotation.from_rotvec(person.pose[0, 0]).apply([0.0, 0.0, 1.0]) for person in persons]
    quarters = collections.Counter((x > 0, z > 0) for x, _, z in ahead)
    assert len(quarters) == 4
    assert min(quarters.values()) > 15


def test_clip_is_turned_about_the_vertical_alone():
    walk = clip("walk", num_frames=5)
    (person,) = ClipPeople({"train": [walk]}, num_frames=5).draw("train", 3, 1, seed=0)
    recorded = Rotation.from_rotvec(walk.pose[:, 0])
    turns = Rotation.from_rotvec(person.pose[:, 0]) * recorded.inv()
    np.testing.assert_allclose(turns.as_rotvec()[:, [0, 2]], 0, atol=1e-6)
    np.testing.assert_allclose(np.ptp(turns.as_rotvec()[:, 1]), 0, atol=1e-6)
    np.testing.assert_array_equal(person.pose[:, 1:], walk.pose[:, 1:])
    moved = walk.translation - walk.translation[0]
    np.testing.assert_allclose(person.path, turns.apply(moved), atol=1e-6)
    assert (person.subject, person.action, person.first_frame) == ("walk", "walk", 0)


def test_frames_of_a_person_are_consecutive():
    long = clip("long", num_frames=20)
    source = ClipPeople({"train": [long]}, num_frames=4)
    starts = set()
    for person in source.draw("train", 0, 60, seed=0):
        first = person.first_frame
        starts.add(first)
        np.testing.assert_array_equal(person.pose[:, 1:], long.pose[first : first + 4, 1:])
    assert min(starts) == 0
    assert max(starts) == 16


def test_every_subject_is_drawn_by_the_root_of_its_frames():
    clips = [clip("a1", 400, "a"), clip("a2", 500, "a"), clip("b1", 100, "b")]
    people = ClipPeople({"train": clips}).draw("train", 0, 1000, seed=0)
    counts = collections.Counter(person.subject for person in people)
    assert counts["b"] == pytest.approx(250, abs=45)
    in_a = collections.Counter(person.action for person in people if person.subject == "a")
    assert in_a["a2"] / in_a["a1"] == pytest.approx(500 / 400, abs=0.3)


def test_splits_take_their_own_clips():
    source = ClipPeople({"train": [clip("walk")], "test": [clip("dance")]})
    assert {person.subject for person in source.draw("train", 0, 20, seed=0)} == {"walk"}
    assert {person.subject for person in source.draw("test", 0, 20, seed=0)} == {"dance"}


def test_subject_of_two_splits_is_refused():
    with pytest.raises(InputError, match="subject '7': expected in one split, received in train"):
        ClipPeople({"train": [clip("a", subject="7")], "val": [clip("b", subject="7")]})


def test_clips_that_are_too_short_are_refused():
    with pytest.raises(InputError, match="split 'val': expected a clip of at least 9 frames"):
        ClipPeople({"val": [clip("walk", num_frames=8)]}, num_frames=9)
