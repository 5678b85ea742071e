"""The motion files of a data set to convert, and the name of each clip.

A clip is named after its file, ``SUBJECT_TRIAL``, e.g. 02_01; where files in several directories
have the same name, after its path, e.g. s1/walk_01. AMASS files in subdirectories are always named
after their path, and the subject is the directory, e.g. ACCAD/Female1General_c3d.

The subject of an AMC file is the longest beginning of its name that a skeleton file is called,
e.g. HDM_bd of HDM_bd_kick_001 beside HDM_bd.asf; of several such skeletons the nearest one serves.
"""

import collections
import dataclasses
import fnmatch
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hps_tf.data.mocap import clip_splits, skeleton_files, source_files
from hps_tf.data.mocap.clip_splits import ClipSplits
from hps_tf.data.mocap.skeleton_files import SkeletonFiles
from hps_tf.data.mocap.source_files import SourceFile
from hps_tf.data.mocap.source_text import compose
from hps_tf.errors import InputError

#: Suffixes of the motion files of each format.
SUFFIXES = {
    "asf_amc": (".amc",),
    "bvh": (".bvh",),
    "amass": (".npz",),
    "deepmimic": (".txt", ".json"),
}
# CMU's '3dsMax-friendly' conversion has a suffix of its own.
_LONGER_SUFFIXES = (".max.bvh",)
# AMASS keeps body shapes beside the motions.
_NOT_MOTION = ("shape.npz", "_stagei.npz")
_AMASS_ENDINGS = ("_poses", "_stageii")
# macOS writes a file's attributes beside it, under its name and suffix.
_ATTRIBUTES = "._"


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
    """The user's settings of the files of a data set.

    Attributes:
      format: One of `SUFFIXES`.
      splits: The table of splits.
      default_split: Split of subjects the table does not list; None if it must list all.
      fallback_asf: Subject whose ASF serves those who have none of their own, or None.
      source_fps: Pairs of a pattern of clip names and the rate those were captured at; the first
        that fits counts, before the table.
      skip_bad: Whether files that are wrong are left out, instead of being errors.
      shares: Of splits that the subjects are divided between, in place of a table, or None.
    """

    format: str
    splits: ClipSplits
    default_split: str | None
    fallback_asf: str | None
    source_fps: Sequence[tuple[str, float]]
    skip_bad: bool = False
    shares: Mapping[str, float] | None = None


class Plan(NamedTuple):
    """The files of a data set to convert, and those refused.

    Attributes:
      jobs: In the order in which the files are read.
      refused: Why other motion files are not among them, by path; empty unless bad files are to be
        skipped.
    """

    jobs: list[Job]
    refused: dict[str, str]


def is_motion_file(path: str, file_format: str) -> bool:
    """Tells whether a path names a motion file of a format."""
    name = PurePosixPath(path).name.lower()
    is_other = name.endswith(_NOT_MOTION) or name.startswith(_ATTRIBUTES)
    return name.endswith(SUFFIXES[file_format]) and not is_other


def make(source: Path, settings: PlanSettings) -> Plan:
    """Lists the clips of a data set.

    Args:
      source: Directory or tar archive.
      settings: The user's settings.

    Raises:
      InputError: If there are no motion files, or, unless bad files are to be skipped, if two are
        the same by name, one cannot be read, or a subject has no split or no skeleton.
    """
    checksums: dict[str, str] = {}
    found: list[SourceFile] = []
    refused: dict[str, str] = {}

    def refuse(path: str, error: Exception) -> None:
        if not settings.skip_bad:
            raise error
        refused[_printable(path)] = str(error)

    for file in source_files.read_all(source, lambda p: _is_needed(p, settings.format), refuse):
        if is_motion_file(file.path, settings.format):
            checksums[file.path] = hashlib.sha256(file.data).hexdigest()
        else:
            found.append(file)
    if not checksums and not refused:
        raise InputError(
            f"{source}: expected *{' or *'.join(SUFFIXES[settings.format])} files in it, received"
            " none"
        )
    names = _names(list(checksums), settings.format)
    skeletons = SkeletonFiles(found)
    jobs: dict[str, Job] = {}
    for path, checksum in checksums.items():
        try:
            job = _job(path, names[path], checksum, skeletons, settings)
            if job.name in jobs:
                raise InputError(
                    f"{path}: expected a name of its own for each clip, received {job.name!r} as of"
                    f" {jobs[job.name].path}"
                )
        except InputError as error:
            refuse(path, error)
        else:
            jobs[job.name] = job
    return Plan(_divided(list(jobs.values()), settings.shares), refused)


def _divided(jobs: list[Job], shares: Mapping[str, float] | None) -> list[Job]:
    """Puts each subject's clips into a split by shares, if there are any."""
    if shares is None:
        return jobs
    split_of = clip_splits.divide({job.subject for job in jobs}, shares, "--splits")
    return [dataclasses.replace(job, split=split_of[job.subject]) for job in jobs]


def _printable(path: str) -> str:
    """Returns a path in which bytes that are not UTF-8 are escaped."""
    return path.encode(errors="backslashreplace").decode()


def _is_needed(path: str, file_format: str) -> bool:
    is_skeleton = file_format == "asf_amc" and skeleton_files.is_skeleton_file(path)
    return is_skeleton or is_motion_file(path, file_format)


def _names(paths: Sequence[str], file_format: str) -> dict[str, str]:
    """Returns for each path the shortest name of its clip that no other path shares."""
    by_length = {path: _names_of(path, file_format) for path in paths}
    counts = collections.Counter(name for names in by_length.values() for name in set(names))
    return {
        path: next((name for name in names if counts[name] == 1), names[-1])
        for path, names in by_length.items()
    }


def _names_of(path: str, file_format: str) -> list[str]:
    """Returns the possible names of a clip, the shortest first."""
    directory, file = PurePosixPath(path).parent, compose(PurePosixPath(path).name)
    whole = PurePosixPath(file).stem
    suffix = next((s for s in _LONGER_SUFFIXES if file.lower().endswith(s)), "")
    name = file[: -len(suffix)] if suffix else whole
    if file_format == "amass":
        for ending in _AMASS_ENDINGS:
            name = name.removesuffix(ending)
    paths = [compose((directory / short).as_posix()) for short in (name, whole)]
    return paths if file_format == "amass" else [name, *paths]


def _job(
    path: str, name: str, checksum: str, skeletons: SkeletonFiles, settings: PlanSettings
) -> Job:
    if _printable(path) != path:
        raise InputError(f"{_printable(path)}: expected a path in UTF-8, received other bytes")
    names = _names_of(path, settings.format)[::-1]  # the longest first
    table = settings.splits
    listed = next((table.subject_of[n] for n in names if n in table.subject_of), None)
    skeleton = None
    if settings.format == "asf_amc":
        skeleton = _skeleton(path, names[-1], listed, skeletons)
    subject = listed or _subject(path, names[-1], skeleton, settings.format)
    split = table.split_of.get(subject, settings.default_split)
    if split is None:
        raise InputError(
            f"{path}: expected subject {subject!r} in the table of splits, or a default split"
        )
    if settings.format == "asf_amc" and skeleton is None:
        skeleton = skeletons.named(settings.fallback_asf or "", path)
        if skeleton is None:
            raise InputError(
                f"{path}: expected a skeleton {subject}.asf, received none (another subject's can"
                " serve: --fallback_asf)"
            )
    stated = (
        fps
        for pattern, fps in settings.source_fps
        if any(fnmatch.fnmatchcase(each, compose(pattern)) for each in (name, *names))
    )
    fps = next(stated, next((table.fps_of[n] for n in names if n in table.fps_of), None))
    return Job(name, subject, split, path, checksum, skeleton, fps)


def _skeleton(
    path: str, file_name: str, listed: str | None, skeletons: SkeletonFiles
) -> SourceFile | None:
    """Returns the skeleton of the subject in the table, else the one the name begins with."""
    of_subject = None if listed is None else skeletons.named(listed, path)
    return of_subject or skeletons.beginning(file_name, path)


def _subject(path: str, file_name: str, skeleton: SourceFile | None, file_format: str) -> str:
    directory = PurePosixPath(path).parent.as_posix()
    if file_format == "amass" and directory != ".":
        return compose(directory)
    subject = file_name.partition("_")[0]
    if skeleton is not None:
        own = skeleton_files.stem(skeleton)
        # A skeleton for one clip alone is no subject: people have several clips.
        if len(own) < len(file_name) or subject == file_name:
            return own
    if not subject or subject == file_name:
        raise InputError(
            f"{path}: expected a name SUBJECT_TRIAL, such as 02_01, or the clip in the table of"
            f" splits, received {file_name!r}"
        )
    return subject
