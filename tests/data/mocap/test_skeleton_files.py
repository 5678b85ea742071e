import pytest

from hps_tf.data.mocap import skeleton_files
from hps_tf.data.mocap.skeleton_files import SkeletonFiles
from hps_tf.data.mocap.source_files import SourceFile
from hps_tf.errors import InputError


def files(*paths):
    return SkeletonFiles([SourceFile(path, path.encode()) for path in paths])


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a/02.asf", True), ("02.ASF", True), ("a/._02.asf", False), ("02.asf.txt", False)],
)
def test_tells_skeletons_by_their_suffix(path, expected):
    assert skeleton_files.is_skeleton_file(path) == expected


@pytest.mark.parametrize(
    ("motion", "expected"),
    [
        ("A/02/02_01.amc", "A/02/02.asf"),
        ("A/03/02_01.amc", "A/02.asf"),
        ("B/02/02_01.amc", "B/02.asf"),
        ("02_01.amc", "A/02.asf"),
    ],
)
def test_the_nearest_of_one_name_counts(motion, expected):
    found = files("A/02.asf", "A/02/02.asf", "B/02.asf", "C/deep/02.asf")
    if motion == "02_01.amc":
        with pytest.raises(InputError, match=r"received A/02.asf and B/02.asf, which differ"):
            found.named("02", motion)
    else:
        assert found.named("02", motion).path == expected


def test_the_longest_beginning_counts_where_several_are_as_near():
    found = files("H.asf", "H_bd.asf", "H_bd_kick.asf", "far/H_bd_kick_1.asf")
    assert found.beginning("H_bd_kick_1", "H_bd_kick_1.amc").path == "H_bd_kick.asf"
    assert found.beginning("H_bd_kicks", "H_bd_kicks.amc").path == "H_bd.asf"
    assert found.beginning("X_1", "X_1.amc") is None


def test_case_counts_only_where_it_tells_names_apart():
    found = files("Ann.asf", "ann.asf")
    assert found.named("ann", "ann_1.amc").path == "ann.asf"
    assert found.beginning("Ann_1", "Ann_1.amc").path == "Ann.asf"
    assert files("ANN.asf").named("ann", "ann_1.amc").path == "ANN.asf"
