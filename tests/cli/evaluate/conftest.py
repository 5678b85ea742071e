from tests.evaluation.conftest import (
    body,
    data_dir,
    data_poses,
    make_clip,
    people,
    prior,
    prior_file,
    write_clips,
)

__all__ = [
    "body",
    "data_dir",
    "data_poses",
    "make_clip",
    "people",
    "prior",
    "prior_file",
    "write_clips",
]
