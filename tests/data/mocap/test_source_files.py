import io
import os
import re
import tarfile

import pytest

from hps_tf.data.mocap import source_files
from hps_tf.errors import InputError

FILES = {"a/02/02_01.amc": b"motion", "a/02/02.asf": b"bones", "notes.txt": b"no"}


def wanted(path):
    return not path.endswith(".txt")


def write_tar(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content, *kind in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if kind:
                info.type = kind[0]
                info.linkname = "/etc/passwd"
            archive.addfile(info, io.BytesIO(content))
    return path


def test_reads_a_directory_in_order_of_name(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    files = list(source_files.read_all(tmp_path, wanted))
    assert files == [("a/02/02.asf", b"bones"), ("a/02/02_01.amc", b"motion")]


def test_follows_links_to_directories_each_directory_once(tmp_path):
    inside, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    for directory in (inside / "own", elsewhere / "deep"):
        directory.mkdir(parents=True)
        (directory / "a.amc").write_bytes(b"motion")
    (inside / "ACCAD").symlink_to("../elsewhere")
    (inside / "again").symlink_to(elsewhere)
    (inside / "deep").symlink_to(elsewhere / "deep")
    (inside / "a link to own").symlink_to("own")
    (elsewhere / "round").symlink_to(inside)
    (elsewhere / "itself").symlink_to(".")
    files = source_files.read_all(inside, wanted)
    assert [file.path for file in files] == ["own/a.amc", "ACCAD/deep/a.amc"]


def test_files_that_cannot_be_read_are_told_or_errors(tmp_path):
    (tmp_path / "a.amc").symlink_to("nowhere")
    (tmp_path / "b.amc").write_bytes(b"motion")
    with pytest.raises(OSError, match="No such file"):
        list(source_files.read_all(tmp_path, wanted))
    told = []
    files = source_files.read_all(tmp_path, wanted, lambda path, error: told.append((path, error)))
    assert list(files) == [("b.amc", b"motion")]
    assert [path for path, _ in told] == ["a.amc"]


@pytest.mark.parametrize(
    ("mode", "name"), [("w", "a.tar"), ("w:gz", "a.tgz"), ("w:xz", "a.tar.xz")]
)
def test_reads_an_archive_in_its_own_order(mode, name, tmp_path):
    members = [
        ("a", b"", tarfile.DIRTYPE),
        ("./a/02/02_01.amc", b"motion"),
        ("a/02/02.asf", b"bones"),
    ]
    path = write_tar(tmp_path / name, [*members, ("notes.txt", b"no")], mode)
    asked = []
    files = list(source_files.read_all(path, lambda p: asked.append(p) or wanted(p)))
    assert asked == ["a/02/02_01.amc", "a/02/02.asf", "notes.txt"]
    assert files == [("a/02/02_01.amc", b"motion"), ("a/02/02.asf", b"bones")]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("/etc/02_01.amc", tarfile.REGTYPE, "expected a path within the archive"),
        ("../02_01.amc", tarfile.REGTYPE, "expected a path within the archive"),
        ("a/../../02_01.amc", tarfile.REGTYPE, "expected a path within the archive"),
        ("../notes.txt", tarfile.REGTYPE, "expected a path within the archive"),
        ("02_01.amc", tarfile.SYMTYPE, "expected files and directories only"),
        ("02_01.amc", tarfile.LNKTYPE, "expected files and directories only"),
        ("02_01.amc", tarfile.FIFOTYPE, "expected files and directories only"),
        ("02_01.amc", tarfile.CHRTYPE, "expected files and directories only"),
    ],
)
def test_refuses_hostile_archives(name, kind, message, tmp_path):
    path = write_tar(tmp_path / "a.tar", [("01_01.amc", b"fine"), (name, b"", kind)])
    with pytest.raises(InputError, match=message) as error:
        list(source_files.read_all(path, wanted))
    assert str(error.value).startswith(f"{path}, member '{name}'")


def test_refuses_files_that_would_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(source_files, "MAX_FILE_BYTES", 3)
    path = write_tar(tmp_path / "a.tar", [("01_01.amc", b"four")])
    with pytest.raises(InputError, match="expected at most 3 bytes, received 4"):
        list(source_files.read_all(path, wanted))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "01_01.amc").write_bytes(b"four")
    with pytest.raises(InputError, match="expected at most 3 bytes"):
        list(source_files.read_all(tmp_path / "d", wanted))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_refuses_archives_that_are_cut_off(mode, tmp_path):
    path = write_tar(tmp_path / "a.tar", [("01_01.amc", os.urandom(50_000))], mode)
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=re.escape(f"{path}: expected a directory or a tar")):
            list(source_files.read_all(path, wanted))


@pytest.mark.parametrize("name", ["none", "none/deeper", "x" * 300])
def test_names_an_input_that_is_not_there(name, tmp_path):
    with pytest.raises((InputError, OSError), match=r"received neither|too long"):
        list(source_files.read_all(tmp_path / name, wanted))


def test_refuses_a_file_that_is_no_archive(tmp_path):
    path = tmp_path / "a.amc"
    path.write_text("1\nroot 0 0 0 0 0 0\n")
    with pytest.raises(InputError, match="received a file that is not one"):
        list(source_files.read_all(path, wanted))


def header(kind, size):
    """A tar header without its content; `size` as 12 bytes."""
    data = bytearray(512)
    data[:9], data[100:108], data[124:136] = b"02_01.amc", b"0000644\0", size
    data[148:157], data[257:265] = b" " * 8 + kind, b"ustar\00000"
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data) + b"\0" * 1024


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("size", [b"7" * 12, b"\x80\0\0\0\x40" + b"\0" * 7, b"\x80" + b"\xff" * 11])
def test_a_damaged_size_of_a_header_is_refused(kind, size, tmp_path):
    (tmp_path / "a.tar").write_bytes(header(kind, size))
    with pytest.raises(InputError, match="received a file that is not one or is cut off"):
        list(source_files.read_all(tmp_path / "a.tar", wanted))


def test_a_sparse_file_is_refused(tmp_path):
    data = bytearray(header(tarfile.GNUTYPE_SPARSE, b"0" * 12))
    data[386:398], data[398:410], data[483:495] = b"0" * 12, b"0" * 12, b"0" + b"7" * 11
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    (tmp_path / "a.tar").write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"'02_01\.amc': expected files .* received a sparse file"):
        list(source_files.read_all(tmp_path / "a.tar", wanted))
