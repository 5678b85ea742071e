"""Which motion files of a data set to convert, and what each is called.

A clip is named after its file, ``SUBJECT_TRIAL``, e.g. 02_01. AMASS files in subdirectories are
named after their path, and the subject is the directory, e.g. ACCAD/Female1General_c3d.
"""

import dataclasses
import fnmatch
import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from hps_tf.data import source_files
from hps_tf.data.clip_splits import ClipSplits
from hps_tf.data.source_files import SourceFile
from hps_tf.errors import InputError

#: Suffix of the motion files of each format.
SUFFIXES = {"asf_amc": ".amc", "bvh": ".bvh", "amass": ".npz"}
# AMASS keeps body shapes beside the motions.
_NOT_MOTION = ("shape.npz", "_stagei.npz")
_AMASS_ENDINGS = ("_poses", "_stageii")


@dataclasses.dataclass(frozen=True)
class Job:
    """A file to convert.

    Attributes:
      name: The clip's name.
      subject: Who moves.
      split: The split the clip joins.
      path: The motion file, within the data set.
      sha256: Checksum of its content.
      skeleton: The ASF file of an AMC file, else None.
      fps: The rate it was captured at, if the user states one.
    """

    name: str
    subject: str
    split: str
    path: str
    sha256: str
    skeleton: SourceFile | None
    fps: float | None

    @property
    def checksums(self) -> dict[str, str]:
        """Checksums of all files the clip is made from, by path."""
        files = {self.path: self.sha256}
        if self.skeleton is not None:
            files[self.skeleton.path] = hashlib.sha256(self.skeleton.data).hexdigest()
        return files


@dataclasses.dataclass(frozen=True)
class PlanSettings:
    """What the user decides about the files of a data set.

    Attributes:
      format: ``"asf_amc"``, ``"bvh"`` or ``"amass"``.
      splits: The table of splits.
      default_split: Split of subjects the table does not list; None if it must list all.
      fallback_asf: Subject whose ASF serves those who have none of their own, or None.
      source_fps: Pairs of a pattern of clip names and the rate those were captured at; the first
        that fits counts, before the table.
    """

    format: str
    splits: ClipSplits
    default_split: str | None
    fallback_asf: str | None
    source_fps: Sequence[tuple[str, float]]


def is_motion_file(path: str, file_format: str) -> bool:
    """Tells whether a path names a motion file of a format."""
    name = path.lower()
    return name.endswith(SUFFIXES[file_format]) and not name.endswith(_NOT_MOTION)


def make(source: Path, settings: PlanSettings) -> list[Job]:
    """Lists the clips of a data set.

    Args:
      source: Directory or tar archive.
      settings: What the user decides.

    Returns:
      The jobs, in the order in which the files are read.

    Raises:
      InputError: If there are no motion files, two have the same name, or a subject has no split or
        no skeleton.
    """
    checksums: dict[str, str] = {}
    skeletons: dict[str, SourceFile] = {}
    for file in source_files.read_all(source, lambda path: _is_needed(path, settings.format)):
        if is_motion_file(file.path, settings.format):
            checksums[file.path] = hashlib.sha256(file.data).hexdigest()
        else:
            skeletons[PurePosixPath(file.path).stem] = file
    if not checksums:
        raise InputError(
            f"{source}: expected *{SUFFIXES[settings.format]} files in it, received none"
        )
    jobs: dict[str, Job] = {}
    for path, checksum in checksums.items():
        job = _job(path, checksum, skeletons, settings)
        if job.name in jobs:
            raise InputError(
                f"{path}: expected a name of its own for each clip, received {job.name!r} as of"
                f" {jobs[job.name].path}"
            )
        jobs[job.name] = job
    return list(jobs.values())


def _is_needed(path: str, file_format: str) -> bool:
    is_skeleton = file_format == "asf_amc" and path.lower().endswith(".asf")
    return is_skeleton or is_motion_file(path, file_format)


def _job(path: str, checksum: str, skeletons: dict[str, SourceFile], settings: PlanSettings) -> Job:
    name, subject = _identify(path, settings)
    split = settings.splits.split_of.get(subject, settings.default_split)
    if split is None:
        raise InputError(
            f"{path}: expected subject {subject!r} in the table of splits, or a default split"
        )
    skeleton = None
    if settings.format == "asf_amc":
        skeleton = skeletons.get(subject) or skeletons.get(settings.fallback_asf or "")
        if skeleton is None:
            raise InputError(
                f"{path}: expected a skeleton {subject}.asf, received none (another subject's can"
                " serve: --fallback_asf)"
            )
    patterns = (fps for pattern, fps in settings.source_fps if fnmatch.fnmatchcase(name, pattern))
    fps = next(patterns, settings.splits.fps_of.get(name))
    return Job(name, subject, split, path, checksum, skeleton, fps)


def _identify(path: str, settings: PlanSettings) -> tuple[str, str]:
    """Returns the name of a clip and its subject."""
    directory = PurePosixPath(path).parent.as_posix()
    name = PurePosixPath(path).name.split(".")[0]
    if settings.format == "amass":
        for ending in _AMASS_ENDINGS:
            name = name.removesuffix(ending)
        if directory != ".":
            name = f"{directory}/{name}"
            return name, settings.splits.subject_of.get(name, directory)
    subject = settings.splits.subject_of.get(name, name.partition("_")[0])
    if not subject or subject == name:
        raise InputError(
            f"{path}: expected a name SUBJECT_TRIAL, such as 02_01, or the clip in the table of"
            f" splits, received {name!r}"
        )
    return name, subject
