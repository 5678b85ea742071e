import json
import os
import struct
import subprocess
import sys
import zlib

import av
import numpy as np
import pytest
import trimesh
from PIL import Image, ImageCms

from hps_tf.body import load_default
from hps_tf.cli import environment, photo
from hps_tf.cli.photographs import program
from hps_tf.data.images import default_camera, photographs
from hps_tf.errors import InputError
from hps_tf.geometry.camera import project
from hps_tf.visualization.overlay import overlay
from tests.reconstruction import fakes

HEIGHT, WIDTH = 48, 64


def pixels(count=1, height=HEIGHT, width=WIDTH):
    """An image in which the fake detector finds so many people."""
    image = np.full((height, width, 3), 3, np.uint8)
    image[: height // 2] = 10 * count + 5
    return image


def save(path, image=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = pixels() if image is None else image
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(path, **options)
    return path


def save_video(path, counts, **options):
    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.bit_rate = 2_000_000
        for count in counts:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels(count), format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def reconstructor():
    return fakes.reconstructor(load_default(3000))


@pytest.fixture(scope="module")
def command(reconstructor):
    """Runs the program with a detector and networks that cost nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "load_reconstructor", lambda settings: reconstructor)
        patch.setattr(environment, "start_quickly", lambda: None)  # Others' graphs stay as good.

        def command(*arguments):
            photo.main([str(argument) for argument in arguments])

        yield command


def result_of(directory):
    with np.load(directory / "result.npz", allow_pickle=False) as file:
        arrays = dict(file)
    return arrays, json.loads((directory / "summary.json").read_text())


def names_in(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture(scope="module")
def holiday(command, tmp_path_factory):
    """The output for a directory with photographs of two people, nobody and one."""
    directory = tmp_path_factory.mktemp("holiday")
    for number, count in ((2, 2), (10, 0), (1, 1)):
        save(directory / "in" / f"beach {number}.png", pixels(count, 48 + number, 64))
    (directory / "in" / "notes.txt").write_text("sunny")
    save(directory / "in" / "older" / "left out.png")
    command(directory / "in", "--output", directory / "out")
    return directory


def test_arrays_have_a_row_a_person_in_natural_order(holiday):
    arrays, summary = result_of(holiday / "out")
    assert arrays["image"].tolist() == [0, 1, 1]
    assert [os.path.basename(name) for name in arrays["images"]] == [
        "beach 1.png",
        "beach 2.png",
        "beach 10.png",
    ]
    assert arrays["person_ids"].tolist() == ["beach 1-0", "beach 2-0", "beach 2-1"]
    assert arrays["image_sizes"].tolist() == [[49, 64], [50, 64], [50, 64]]
    shapes = {name: arrays[name].shape for name in arrays}
    expected = {
        "pose": (3, 24, 3),
        "shape": (3, 16),
        "translation": (3, 3),
        "joints_3d": (3, 24, 3),
        "joints_2d": (3, 17, 2),
        "joint_std": (3, 24),
        "boxes": (3, 4),
        "keypoints_2d": (3, 17, 2),
        "confidence": (3, 17),
        "fitted_keypoints_2d": (3, 17, 2),
        "intrinsics": (3, 3, 3),
        "loss": (3,),
        "prior_nll": (3,),
        "converged": (3,),
        "score": (3,),
    }
    assert expected.items() <= shapes.items()
    assert np.isfinite(arrays["loss"]).all()
    assert (summary["num_images"], summary["num_people"], summary["num_without_people"]) == (
        3,
        3,
        1,
    )
    assert [image["num_people"] for image in summary["images"]] == [1, 2, 0]
    assert summary["images"][1]["people"][1]["person_id"] == "beach 2-1"


def test_every_photograph_has_a_picture_and_every_person_a_mesh(holiday):
    out = holiday / "out"
    assert names_in(out) == ["meshes", "overlays", "result.npz", "scenes", "summary.json"]
    assert names_in(out / "overlays") == ["beach 1.png", "beach 10.png", "beach 2.png"]
    assert names_in(out / "meshes") == ["beach 1-0.glb", "beach 2-0.glb", "beach 2-1.glb"]
    assert names_in(out / "scenes") == ["beach 1.glb", "beach 2.glb"]
    arrays, _ = result_of(out)
    body = load_default(3000)
    rows = {name: arrays[name][1:2] for name in ("pose", "shape", "translation")}
    mesh = trimesh.load(out / "meshes" / "beach 2-0.glb", process=False).to_mesh()
    np.testing.assert_allclose(mesh.vertices, body(**rows).vertices[0] * [1, -1, -1], atol=1e-4)
    assert len(np.unique(mesh.visual.vertex_colors, axis=0)) >= 1
    scene = trimesh.load(out / "scenes" / "beach 2.glb", process=False)
    assert set(scene.geometry) == {"beach 2-0", "beach 2-1"}
    # Small photographs are enlarged, and the side view stands beside them.
    nobody = Image.open(out / "overlays" / "beach 10.png")
    assert nobody.size == (320, round(320 * 58 / 64))
    assert Image.open(out / "overlays" / "beach 2.png").width > 400


def test_says_what_is_left_out_and_where_nobody_is(command, tmp_path, capsys):
    save(tmp_path / "in" / "a.png", pixels(0))
    save(tmp_path / "in" / "deeper" / "b.png")
    (tmp_path / "in" / "notes.txt").write_text("sunny")
    command(tmp_path / "in", "--output", tmp_path / "out", "--fast")
    lines = capsys.readouterr().out.splitlines()
    assert f"skipped {tmp_path / 'in'}: no photographs or videos: notes.txt" in lines
    assert f"skipped {tmp_path / 'in'}: directories in it: deeper" in lines
    assert f"{tmp_path / 'in' / 'a.png'}: nobody found" in lines
    arrays, summary = result_of(tmp_path / "out")
    assert len(arrays["pose"]) == summary["num_people"] == 0


def test_fast_leaves_bodies_as_lifted(command, reconstructor, tmp_path):
    path = save(tmp_path / "a.png")
    command(path, "--output", tmp_path / "out", "--fast")
    arrays, _ = result_of(tmp_path / "out")
    lifted = reconstructor(path, refine=False)
    np.testing.assert_array_equal(arrays["pose"], lifted.pose)
    assert np.isnan(arrays["loss"]).all()


def test_boxes_cameras_and_numbers_of_people_may_be_told(command, tmp_path):
    path = save(tmp_path / "a.png", pixels(3))
    more = ["--output", tmp_path / "out", "--fast"]
    command(path, *more, "--box", "5,5,20,40", "--box=30,5,20,40")
    assert result_of(tmp_path / "out")[0]["boxes"].tolist() == [[5, 5, 20, 40], [30, 5, 20, 40]]
    command(path, *more, "--max_people", 2, "--focal_length", 500)
    arrays, summary = result_of(tmp_path / "out")
    assert len(arrays["pose"]) == 2
    assert (arrays["intrinsics"][:, 0, 0] == 500).all()
    assert summary["settings"]["focal_length"] == 500


def test_cameras_are_those_of_exif_where_it_has_one(command, tmp_path):
    exif = _orientation(6)
    exif.get_ifd(0x8769)[0xA405] = 26  # Millimetres, of a film of 43.27 mm across.
    save(tmp_path / "in" / "a.jpg", exif=exif)
    save(tmp_path / "in" / "b.jpg")
    more = ["--output", tmp_path / "out", "--fast"]
    command(tmp_path / "in", *more)
    arrays, summary = result_of(tmp_path / "out")
    expected = [80 * 26 / np.hypot(36, 24), 80]
    np.testing.assert_allclose(arrays["intrinsics"][:, 0, 0], expected, rtol=1e-5)
    assert [image["focal_length_source"] for image in summary["images"]] == ["exif", "diagonal"]
    lengths = [image["focal_length_px"] for image in summary["images"]]
    np.testing.assert_allclose(lengths, expected, rtol=1e-5)
    command(tmp_path / "in", *more, "--focal_length", 100)
    arrays, summary = result_of(tmp_path / "out")
    assert (arrays["intrinsics"][:, 0, 0] == 100).all()
    assert {image["focal_length_source"] for image in summary["images"]} == {"given"}


def test_files_of_one_name_get_outputs_of_their_own(command, tmp_path):
    paths = [
        save(tmp_path / name)
        for name in ("x/a.png", "y/a.png", "a.jpg", "a.png", "A.webp", "b.png")
    ]
    command(*paths, paths[0], "--output", tmp_path / "out", "--fast")
    arrays, _ = result_of(tmp_path / "out")
    assert len(arrays["pose"]) == 6
    overlays = names_in(tmp_path / "out" / "overlays")
    assert len({name.casefold() for name in overlays}) == 6
    assert {"x_a.png.png", "y_a.png.png", "a.jpg.png", "b.png"} <= set(overlays)


READ = {
    "turned": lambda path: save(path, exif=_orientation(6)),
    "palette": lambda path: save(path, Image.fromarray(pixels()).convert("P")),
    "grey": lambda path: save(path, pixels()[..., 0]),
    "grey with alpha": lambda path: save(path, Image.fromarray(pixels()).convert("LA")),
    "transparent": lambda path: save(path, Image.fromarray(pixels()).convert("RGBA")),
    "black and white": lambda path: save(path, Image.fromarray(pixels()).convert("1")),
    "16 bits": lambda path: save(path, pixels()[..., 0].astype(np.uint16) * 257),
    "with a profile": lambda path: save(
        path, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    ),
    "CMYK": lambda path: save(path, Image.fromarray(pixels()).convert("CMYK"), format="JPEG"),
    "GIF that moves": lambda path: save(
        path, Image.fromarray(pixels()), format="GIF", save_all=True,
        append_images=[Image.fromarray(pixels(3))],
    ),
    "WebP": lambda path: save(path, format="WEBP"),
    "BMP": lambda path: save(path, format="BMP"),
    "TIFF of pages": lambda path: save(
        path, Image.fromarray(pixels()), format="TIFF", save_all=True,
        append_images=[Image.fromarray(pixels(3))],
    ),
    "JPEG that is progressive": lambda path: save(path, format="JPEG", progressive=True),
    "JPEG called PNG": lambda path: save(path, format="JPEG"),
    "a crowd": lambda path: save(path, pixels(25)),
    "long and narrow": lambda path: save(path, pixels(1, 16, 900)),
    "Größe, 100 % 🙂": lambda path: save(path),
    "n" * 240: lambda path: save(path),
    "-box": lambda path: save(path),
}  # fmt: skip


def _orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def test_kinds_of_photographs_are_read(command, tmp_path):
    for name, write in READ.items():
        write(tmp_path / "in" / f"{name}.png")
    save(tmp_path / "in" / "NO SUFFIX.png").rename(tmp_path / "in" / "no suffix")
    save(tmp_path / "in" / "UPPER.JPG")
    command(tmp_path / "in", "--output", tmp_path / "out", "--fast")
    _, summary = result_of(tmp_path / "out")
    assert summary["num_images"] == len(READ) + 2 == len(names_in(tmp_path / "out" / "overlays"))
    found = {os.path.basename(image["image"]): image for image in summary["images"]}
    assert (found["turned.png"]["width"], found["turned.png"]["height"]) == (HEIGHT, WIDTH)
    assert found["a crowd.png"]["num_people"] == 25
    assert found["16 bits.png"]["num_people"] == found["CMYK.png"]["num_people"] == 1


def _cut(path, share=0.6, image=None, **options):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    save(path, noise if image is None else image, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])


def _png(path, width, height, crc=0):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
        checksum = zlib.crc32(name + data) ^ crc
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
    path.write_bytes(content)


def _bytes(content):
    return lambda path: path.write_bytes(content)


def _video(counts, share=1.0, **options):
    def write(path):
        save_video(path, counts, **options)
        data = path.read_bytes()
        path.write_bytes(data[: int(share * len(data))])

    return write


IMAGE, VIDEO = "expected an image, received", "expected a video, received"

#: Files that cannot be used: what makes one, and what is said.
DAMAGED = {
    "missing.jpg": (lambda path: None, "expected a file or a directory, received none"),
    "nowhere.jpg": (lambda path: path.symlink_to("none"), "expected a file or a directory"),
    "pipe.jpg": (os.mkfifo, "expected a file or a directory, received something else"),
    "empty.jpg": (_bytes(b""), f"{IMAGE} an empty file"),
    "page.jpg": (_bytes(b"<html><body>404</body></html>"), IMAGE),
    "document.jpg": (_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"), IMAGE),
    "drawing.png": (_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), IMAGE),
    "archive.png": (_bytes(b"PK\3\4" + bytes(60)), IMAGE),
    "noise.jpg": (_bytes(np.random.default_rng(0).bytes(900)), IMAGE),
    "phone.heic": (_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), f"{IMAGE} HEIC"),
    "start.jpg": (_bytes(b"\xff\xd8\xff\xe0"), IMAGE),
    "cut.jpg": (lambda path: _cut(path), IMAGE),
    "cut.png": (lambda path: _cut(path), IMAGE),
    "cut.gif": (lambda path: _cut(path), IMAGE),
    "cut.bmp": (lambda path: _cut(path), IMAGE),
    "cut.webp": (lambda path: _cut(path, lossless=True), IMAGE),
    "cut.tiff": (lambda path: _cut(path), IMAGE),
    "checksum.png": (lambda path: _png(path, 64, 64, crc=1), IMAGE),
    "without pixels.png": (lambda path: _png(path, 64, 64), IMAGE),
    "no width.png": (lambda path: _png(path, 0, 64), "expected"),
    "20000.png": (
        lambda path: _png(path, 20000, 20000),
        "expected at most 67108864 pixels, received",
    ),
    "bomb.png": (lambda path: _png(path, 2**30, 2**30), "expected"),
    "dot.png": (lambda path: save(path, pixels(1, 1, 1)), "at least 16 x 16 pixels, received 1 x"),
    "line.png": (lambda path: save(path, pixels(1, 2, 300)), "at least 16 x 16 pixels, received"),
    "depth.tiff": (lambda path: save(path, np.full((48, 64), 7.5, np.float32)), "grey values from"),
    "below.tiff": (lambda path: save(path, np.full((48, 64), -7, np.int32)), "grey values from"),
    "nan.tiff": (lambda path: save(path, np.full((48, 64), np.nan, np.float32)), "grey values"),
    "empty directory": (lambda path: path.mkdir(), "expected photographs or videos, received a"),
    "texts": (
        lambda path: (path.mkdir(), (path / "notes.txt").write_text("sunny")),
        "expected photographs or videos, received a directory without",
    ),
    "empty.mp4": (_bytes(b""), VIDEO),
    "text.mp4": (_bytes(b"hello " * 50), VIDEO),
    "start.mp4": (_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), VIDEO),
    "noise.mkv": (_bytes(b"\x1aE\xdf\xa3" + np.random.default_rng(0).bytes(300)), VIDEO),
    "noise.avi": (_bytes(b"RIFF\0\1\0\0AVI " + np.random.default_rng(0).bytes(300)), VIDEO),
    "without an index.mp4": (_video([1] * 9, 0.7), VIDEO),
    "sound.mov": (
        _bytes(
            b"RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\x40"
            b"\0\0\0" + bytes(64)
        ),
        f"{VIDEO} none in the file",
    ),
}


@pytest.fixture(scope="module")
def damaged(command, tmp_path_factory):
    """The messages of one run with all damaged files and two good ones among them."""
    directory = tmp_path_factory.mktemp("damaged")
    given = []
    for name, (write, _) in DAMAGED.items():
        write(directory / name)
        given.append(directory / name)
    given.insert(0, save(directory / "first.png"))
    given.append(save(directory / "last.png"))
    lines = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", _Lines(lines))
        with pytest.raises(InputError) as raised:
            command(*given, "--output", directory / "out", "--fast")
    return directory, "".join(lines).splitlines(), str(raised.value)


class _Lines:
    """Keeps what is written."""

    def __init__(self, lines):
        self.write = lines.append

    def flush(self):
        pass

    def isatty(self):
        return False

    def fileno(self):
        return 2


@pytest.mark.parametrize("name", DAMAGED)
def test_each_damaged_file_has_one_clear_line(damaged, name):
    directory, lines, _ = damaged
    about = [line for line in lines if line.startswith(f"{directory / name}: ")]
    assert len(about) == 1
    assert DAMAGED[name][1] in about[0]
    assert len(about[0]) < 300


def test_all_other_photographs_are_done(damaged):
    directory, _, message = damaged
    arrays, summary = result_of(directory / "out")
    assert arrays["person_ids"].tolist() == ["first-0", "last-0"]
    assert message.startswith(f"{len(DAMAGED)} inputs could not be read to the end")
    assert names_in(directory / "out" / "overlays") == ["first.png", "last.png"]
    assert summary["num_images"] == 2
    assert not list((directory / "out").rglob(".*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--box", "1,2,3"], "expected LEFT,TOP,WIDTH,HEIGHT in pixels, received '1,2,3'"),
        (["--box", "1,2,3,x"], "expected LEFT,TOP,WIDTH,HEIGHT in pixels, received '1,2,3,x'"),
        (["--box", "1,2,0,5"], "expected a box of at least 2 pixels per side, received '1,2,0,5'"),
        (
            ["--box", "nan,2,5,5"],
            "expected a box of at least 2 pixels per side, received 'nan,2,5,5'",
        ),
        (["--box", ".1,.1,.5,.9"], "expected a box of at least 2 pixels per side"),
        (["--box", "500,2,5,5"], "--box: expected a box in the photograph of 64 x 48 pixels"),
        (["--box", "0,0,900,900"], "--box: expected a box in the photograph of 64 x 48 pixels"),
        (["--max_people", "0"], "expected at least 1, received 0"),
        (["--max_people", "two"], "invalid whole number value: 'two'"),
        (["--focal_length", "0"], "expected pixels from 10 to 1e6, received '0'"),
        (["--focal_length", "nan"], "expected pixels from 10 to 1e6, received 'nan'"),
        (["--focal_length", "50mm"], "expected pixels from 10 to 1e6, received '50mm'"),
        (["--quality", "x"], "unrecognized arguments: --quality x"),
    ],
)
def test_wrong_options_are_named(options, message, tmp_path, capsys):
    path = save(tmp_path / "a.png")
    with pytest.raises((InputError, SystemExit)) as raised:
        photo.main([str(path), "--output", str(tmp_path / "out"), *options])
    assert message in capsys.readouterr().err + str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_tilde_is_the_home_directory(command, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png")
    command("~/a.png", "--output=~/out")
    assert names_in(tmp_path) == ["a.png", "out"]


def test_what_cannot_be_begun_is_named(tmp_path):
    path = save(tmp_path / "a.png")
    other = save(tmp_path / "b.png")
    with pytest.raises(InputError, match=r"b\.png: expected a directory to write, received a file"):
        photo.main([str(path), "--output", str(other)])
    with pytest.raises(InputError, match="--box: expected one photograph, received 2 and 0 videos"):
        photo.main([str(path), str(other), "--output", str(tmp_path / "out"), "--box", "0,0,9,9"])
    with pytest.raises(InputError, match="expected photographs or videos, received none that can"):
        photo.main([str(tmp_path / "none.jpg"), "--output", str(tmp_path / "out")])
    with pytest.raises(SystemExit):
        photo.main([])


@pytest.fixture(scope="module")
def dance(command, tmp_path_factory):
    """The output for a video with one person, nobody, and two people."""
    directory = tmp_path_factory.mktemp("dance")
    save_video(directory / "dance.mp4", [1] * 6 + [0] * 30 + [2] * 6)
    command(directory / "dance.mp4", "--output", directory / "out", "--fast")
    return directory / "out"


def test_a_video_has_a_row_a_person_and_frame(dance):
    arrays, summary = result_of(dance)
    assert arrays["frames"].tolist() == [*range(6), *np.repeat(range(36, 42), 2)]
    assert arrays["image"].tolist() == arrays["frames"].tolist()
    assert set(arrays["person_ids"]) == {"dance-0", "dance-1", "dance-2"}
    np.testing.assert_allclose(arrays["times"], np.arange(42) / 25, atol=1e-3)
    for identity in np.unique(arrays["person_ids"]):
        assert np.ptp(arrays["shape"][arrays["person_ids"] == identity], axis=0).max() == 0
    assert summary["num_frames"] == 42
    assert summary["num_without_people"] == 30
    assert [person["num_frames"] for person in summary["people"]] == [6, 6, 6]


def test_a_video_is_drawn(dance):
    with av.open(str(dance / "overlay.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 42
    assert frames[0].shape == (240, 320, 3)
    assert "dance_000000.png" in names_in(dance / "overlays")
    assert "dance_000000-0.glb" in names_in(dance / "meshes")


def test_numbered_images_are_a_video(command, tmp_path):
    for number in range(12):
        save(tmp_path / "take" / f"{number}.png")
    command(tmp_path / "take", "--video", "--output", tmp_path / "out", "--fast")
    arrays, summary = result_of(tmp_path / "out")
    assert arrays["frames"].tolist() == list(range(12))
    assert set(arrays["person_ids"]) == {"take-0"}
    assert summary["video"] == str(tmp_path / "take")


def test_videos_besides_others_have_directories_of_their_own(command, tmp_path, capsys):
    good = save_video(tmp_path / "good.mp4", [1] * 4)
    early = save_video(tmp_path / "early.mp4", [1, 2] * 20, options={"movflags": "faststart"})
    early.write_bytes(early.read_bytes()[: early.stat().st_size // 2])
    path = save(tmp_path / "a.png")
    with pytest.raises(InputError, match="1 input could not be read to the end"):
        command(early, path, good, "--output", tmp_path / "out", "--fast")
    assert "early.mp4: expected" in capsys.readouterr().err
    assert len(result_of(tmp_path / "out")[0]["pose"]) == 1
    assert len(result_of(tmp_path / "out" / "good")[0]["pose"]) == 4
    arrays, summary = result_of(tmp_path / "out" / "early")
    assert 5 < summary["num_frames"] < 40
    assert len(arrays["pose"]) > 0
    assert summary["flaw"] is not None


def test_help_and_mistakes_come_without_tensorflow(tmp_path):
    code = (
        "import sys; from hps_tf.cli import photo\n"
        "try: photo.main(sys.argv[1:])\n"
        "finally: print('tensorflow' in sys.modules, file=sys.stderr)"
    )
    for arguments in (["--help"], ["nothing.jpg", "--output", str(tmp_path / "out")]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
        )
        assert done.stderr.rstrip().splitlines().count("False") == 1


def test_photographs_are_read_with_the_limits_of_all_readers():
    assert photographs.MAX_PIXELS < 20000 * 20000


def test_the_real_command_finds_who_was_rendered(tmp_path):
    pose = np.zeros((2, 24, 3), np.float32)
    pose[:, 0, 0] = np.pi  # Upright, towards the camera.
    pose[:, 16, 2], pose[:, 17, 2] = -1.1, 1.1
    place = np.array([[-0.7, 0.1, 4.5], [0.7, 0.1, 4.5]], np.float32)
    truth = load_default(3000)(pose=pose, translation=place)
    grey = np.asarray(Image.effect_noise((640, 480), 20).convert("RGB"))
    camera = default_camera.intrinsics((480, 640))
    rendered = overlay(grey, truth.vertices.numpy(), load_default(3000).faces, camera)
    path = save(tmp_path / "pair.png", rendered)
    code = "from hps_tf.cli import commands; commands.run('photo', 'photo')"
    settings = {**os.environ, "HPS_TF_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), "--output", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        env=settings,
    )
    assert done.returncode == 0, done.stderr
    assert "people          2" in done.stdout
    arrays, _ = result_of(tmp_path / "out")
    order = np.argsort(arrays["translation"][:, 0])
    assert np.abs(arrays["translation"][order] - place).max() < 0.8
    # Left and right are hard to tell of somebody without face or clothes; middles are not.
    points = load_default(3000).keypoints("coco17", pose=pose, translation=place)
    seen = project(points, camera.astype(np.float32)).numpy()
    found = arrays["fitted_keypoints_2d"][order]
    for pair in ((5, 6), (11, 12), (13, 14), (15, 16)):
        middles = [keypoints[:, pair].mean(axis=1) for keypoints in (found, seen)]
        assert np.linalg.norm(middles[0] - middles[1], axis=1).max() < 20
    assert (arrays["confidence"].mean(axis=1) > 0.3).all()
