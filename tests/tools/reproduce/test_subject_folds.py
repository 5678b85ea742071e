import pytest

from hps_tf.data.mocap import motion_archives
from hps_tf.errors import InputError
from tools.reproduce import subject_folds

LENGTHS = {"01_01": 40, "01_02": 20, "02_01": 50, "03_01": 30, "04_01": 20, "05_01": 10}


@pytest.fixture
def many(make_clip):
    return [make_clip(name, length) for name, length in LENGTHS.items()]


def test_folds_have_nearly_as_many_frames_and_a_person_is_in_one(many):
    fold_of = subject_folds.assign(many, 3)
    assert fold_of == {"01": 0, "02": 1, "03": 2, "04": 2, "05": 1}
    assert subject_folds.assign(many[::-1], 3) == fold_of


def test_more_folds_than_people_are_refused(many):
    with pytest.raises(InputError, match="--folds: expected at most as many as the 5 people"):
        subject_folds.assign(many, 6)


def test_everybody_is_held_out_once_and_the_next_fold_validates(many, tmp_path):
    fold_of = subject_folds.assign(many, 3)
    tested = []
    for fold in range(3):
        directory = tmp_path / f"fold{fold}"
        subject_folds.write(directory, many, fold_of, fold)
        read = list(motion_archives.read_clips([directory], "data"))
        assert sorted(clip.name for clip in read) == sorted(LENGTHS)
        folds = {
            split: {fold_of[clip.subject] for clip in read if clip.split == split}
            for split in ("train", "val", "test")
        }
        assert folds == {"test": {fold}, "val": {(fold + 1) % 3}, "train": {(fold + 2) % 3}}
        tested += {clip.subject for clip in read if clip.split == "test"}
    assert sorted(tested) == ["01", "02", "03", "04", "05"]
