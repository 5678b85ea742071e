"""Damaged motion files: every reader says what is wrong with them, soon, and writes nothing."""

import io
import json
import tarfile

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from hps_tf.cli import command
from hps_tf.data.mocap import amc, asf, bvh, clip_splits, joint_maps, motion_records, source_files
from hps_tf.data.mocap.conversion import Converter
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.errors import InputError
from tests import mutations
from tests.data import mocap_files
from tools import prepare_mocap

CASES = {"ci": 200, "slow": 2000}  # of each of ten kinds
TOKENS = rb"""{ } # : , ; " [ ] MOTION Frames: ROOT JOINT End OFFSET CHANNELS begin end root :root
6 0 -1 1 2 3 1e9 1e-320 1e308 nan inf 1_0 0x10 9999999999999999999999 null""".split()
TOKENS += [b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"\r", b"\n", b"\x1a", b"\xc2\xb2", b"\xe2\x80\xa8"]

JOINTS, VALUES = mocap_files.walk(4)
SKELETON = asf.read(mocap_files.asf_text().encode(), "p.asf")
MAPPING = json.dumps(mocap_files.PERSON_MAPPING).encode()
JOINT_MAP = joint_maps.read(MAPPING, "m.json")
BVH = mocap_files.bvh_text(JOINTS, VALUES, "0.0333333").encode()
AMC = mocap_files.amc_text(mocap_files.amc_values(4)).encode()
AMASS = mocap_files.amass_bytes(np.ones((3, 72)), np.ones((3, 3)), mocap_framerate=30.0)


def tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("a/02_01.amc")
        info.size = 600
        archive.addfile(info, io.BytesIO(AMC[:600]))
    return buffer.getvalue()


_QUATERNION = [1, 0, 0, 0]
_LIMB = [*_QUATERNION, 0.1, *_QUATERNION, *_QUATERNION, 0.1]
_STANDING = [*_QUATERNION, *_QUATERNION, *_QUATERNION, *_LIMB, *_LIMB]
#: A whole file of each kind.
FILES = {
    "asf": mocap_files.asf_text().encode(),
    "amc": AMC,
    "bvh": BVH,
    "bvh to body": BVH,
    "amass": AMASS,
    "deepmimic": json.dumps({"Frames": [[1 / 30, 0, 0.9, 0, *_STANDING]] * 3}).encode(),
    "mapping": MAPPING,
    "splits": b"clip,subject,split,fps\n02_01,02,test,60\n05_01,05,train,\n",
    "tar": tar(),
}


@st.composite
def damaged(draw, whole):
    """A file with up to four places cut out, repeated, overwritten or filled in, or cut off."""
    data = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        end = start + draw(st.one_of(st.integers(0, 12), st.integers(0, len(data))))
        kind = draw(st.sampled_from(["cut", "repeat", "token", "bytes", "end"]))
        if kind == "cut":
            data = data[:start] + data[end:]
        elif kind == "repeat":
            data = data[:end] + data[start : start + 4000]
        elif kind == "token":
            data = data[:start] + b" " + draw(st.sampled_from(TOKENS)) + b" " + data[end:]
        elif kind == "bytes":
            data = data[:start] + draw(st.binary(max_size=8)) + data[start + 4 :]
        else:
            data = data[:start]
    return data


@st.composite
def archives(draw):
    """AMASS files whole as archives, with fields of any shape, type and value."""
    shapes = st.sampled_from([(), (0,), (3,), (3, 3), (3, 72), (2, 156), (0, 72), (3, 72, 1)])
    types = st.sampled_from(["f8", "f4", "i8", "?", "U3", "c16", "f2"])
    values = st.sampled_from([0.0, 1.0, -7.0, 1e9, 1e308, np.inf, np.nan])
    fields = {}
    for field in ("poses", "trans", "mocap_framerate"):
        if draw(st.integers(0, 9)):
            array = np.full(draw(shapes), draw(values))
            with np.errstate(all="ignore"):
                fields[field] = array.astype(draw(types))
    usual = {"poses": np.ones((3, 72)), "trans": np.ones((3, 3)), "mocap_framerate": 30.0}
    for field in draw(st.sets(st.sampled_from(sorted(usual)))):
        fields[field] = usual[field]
    buffer = io.BytesIO()
    np.savez(buffer, **fields)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def readers(rest, tmp_path_factory):
    """What reads a file of each kind."""
    path = tmp_path_factory.mktemp("tar") / "a.tar"
    converter = Converter(30.0, rest, JOINT_MAP)
    humanoid = Converter(30.0, rest)

    def read_tar(data):
        path.write_bytes(data)
        return list(source_files.read_all(path, lambda _: True))

    return {
        "asf": lambda data: asf.read(data, "p.asf"),
        "amc": lambda data: amc.read(data, "p.amc", SKELETON, 120.0),
        "bvh": lambda data: bvh.read(data, "p.bvh"),
        "bvh to body": lambda data: converter.convert(
            Job("p_1", "p", "all", "p.bvh", "", None, None), data
        ),
        "amass": lambda data: converter.convert(
            Job("p_1", "p", "all", "p.npz", "", None, None), data
        ),
        "deepmimic": lambda data: humanoid.convert(
            Job("p_1", "p", "all", "p.txt", "", None, None), data
        ),
        "mapping": lambda data: joint_maps.read(data, "m.json"),
        "splits": lambda data: clip_splits.read(data, "c.csv"),
        "tar": read_tar,
    }


def check(read, strategy, num_cases):
    """Reads damaged files; an error of another kind than `InputError`, or a slow one, fails."""

    @hypothesis.given(strategy)
    @hypothesis.settings(
        max_examples=num_cases,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def run(data):
        mutations.read_or_refused(lambda: read(data), InputError)

    run()


@pytest.mark.parametrize("kind", FILES)
def test_damaged_files_are_read_or_refused(kind, readers):
    check(readers[kind], damaged(FILES[kind]), CASES["ci"])


def test_amass_fields_of_any_kind_are_read_or_refused(readers):
    check(readers["amass"], archives(), CASES["ci"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_many_damaged_files_are_read_or_refused(kind, readers):
    check(readers[kind], damaged(FILES[kind]), CASES["slow"])


@pytest.mark.slow
def test_many_amass_fields_of_any_kind_are_read_or_refused(readers):
    check(readers["amass"], archives(), CASES["slow"])


def test_whole_files_are_read(readers):
    for kind, data in FILES.items():
        readers[kind](data)


@hypothesis.given(damaged(BVH))
@hypothesis.settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_a_damaged_file_leaves_nothing_half_written(tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("fuzz")
    (directory / "in").mkdir()
    (directory / "in" / "p_1.bvh").write_bytes(data)
    (directory / "map.json").write_bytes(MAPPING)
    arguments = ["--input", "in", "--mapping", "map.json", "--output", "out"]
    arguments = [str(directory / a) if not a.startswith("--") else a for a in arguments]
    with pytest.raises(SystemExit) as stop:
        command.run(
            lambda: prepare_mocap.main([*arguments, "--format=bvh", "--workers=1"]), "prepare"
        )
    written = sorted(path.name for path in directory.iterdir())
    if stop.value.code == 0:
        assert written == ["in", "map.json", "out"]
        assert len(list(motion_records.read_clips(directory / "out", "all"))) == 1
    else:
        assert stop.value.code == 2
        assert written == ["in", "map.json"]
