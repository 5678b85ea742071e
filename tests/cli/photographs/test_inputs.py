from pathlib import Path

import pytest

from hps_tf.cli.photographs.inputs import gather

JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
MP4 = b"\0\0\0\x18ftypmp42" + bytes(20)


@pytest.fixture
def files(tmp_path):
    """Writes files by their names and first bytes."""

    def files(**contents):
        for name, content in contents.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path

    return files


def names(paths):
    return [path.name for path in paths]


def test_directories_are_searched_in_natural_order_and_not_within(files):
    directory = files(
        a10_dot_jpg=JPEG, a9_dot_jpg=JPEG, z_dot_txt=b"no", deeper__b_dot_jpg=JPEG, _dot_hidden=JPEG
    )
    found = gather([directory], is_video=False)
    assert names(found.photographs) == ["a9.jpg", "a10.jpg"]
    assert found.skipped == [
        f"{directory}: no photographs or videos: z.txt",
        f"{directory}: directories in it: deeper",
    ]
    assert not found.failures


@pytest.mark.parametrize(
    ("start", "is_video"),
    [
        (JPEG, False),
        (b"\x89PNG\r\n\x1a\n0000", False),
        (b"RIFF\0\0\0\0WEBPVP8 ", False),
        (b"\0\0\0\x18ftypheic0000", False),
        (b"\0\0\0\x18ftypavif0000", False),
        (b"II*\0" + bytes(9), False),
        (MP4, True),
        (b"\0\0\0\x14ftypqt  0000", True),
        (b"\x1aE\xdf\xa3" + bytes(9), True),
        (b"RIFF\0\0\0\0AVI LIST", True),
        (b"OggS" + bytes(9), True),
    ],
)
def test_content_decides_what_a_file_is(files, start, is_video):
    directory = files(file=start, wrong_dot_jpg=start)
    found = gather([directory], is_video=False)
    assert names(found.videos if is_video else found.photographs) == ["file", "wrong.jpg"]


def test_names_decide_where_the_content_says_nothing(files):
    directory = files(cut_dot_mp4=b"", cut_dot_png=b"", cut_dot_txt=b"")
    found = gather([directory], is_video=False)
    assert (names(found.photographs), names(found.videos)) == (["cut.png"], ["cut.mp4"])


def test_frames_of_a_video_are_kept_together(files):
    directory = files(x__2_dot_jpg=JPEG, x__10_dot_jpg=JPEG, a_dot_jpg=JPEG, b_dot_jpg=JPEG)
    given = [directory / "x", directory / "a.jpg", directory / "b.jpg"]
    found = gather(given, is_video=True)
    assert [names(video) for video in found.videos] == [["2.jpg", "10.jpg"], ["a.jpg", "b.jpg"]]
    assert not found.photographs


def test_a_file_counts_once_however_it_is_given(files):
    directory = files(a_dot_jpg=JPEG)
    (directory / "link.jpg").symlink_to(directory / "a.jpg")
    found = gather([directory / "a.jpg", directory, directory / "a.jpg"], is_video=False)
    assert names(found.photographs) == ["a.jpg"]


def test_what_is_nothing_is_a_failure(files):
    directory = files(notes__a_dot_txt=b"no")
    found = gather([directory / "none", directory / "notes", Path("/dev/null")], is_video=False)
    assert [failure.line for failure in found.failures] == [
        f"{directory / 'none'}: expected a file or a directory, received none",
        f"{directory / 'notes'}: expected photographs or videos, received a directory without",
        "/dev/null: expected a file or a directory, received something else",
    ]
