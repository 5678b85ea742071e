"""Photographs, one after the other: people found, bodies made, pictures drawn."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.cli import progress
from hps_tf.cli.photographs import reading
from hps_tf.cli.photographs.inputs import Failure
from hps_tf.cli.photographs.pictures import Pictures
from hps_tf.cli.photographs.settings import Settings
from hps_tf.data.images import default_camera
from hps_tf.reconstruction import Reconstruction, Reconstructor, concatenate

_WAITING = 4  # Images that may wait to be drawn.


class Stills(NamedTuple):
    """The people of photographs.

    Attributes:
      people: Everybody, by images in their order; None if no image could be read.
      sizes: Height and width of each image.
      focal_lengths: Pixels, of each image's EXIF where it has one.
      names: The stem of each image's files.
      failures: The images that could not be read.
    """

    people: Reconstruction | None
    sizes: list[tuple[int, int]]
    focal_lengths: list[float | None]
    names: list[str]
    failures: list[Failure]


def reconstruct(
    paths: Sequence[Path],
    stems: Sequence[str],
    reconstructor: Reconstructor,
    pictures: Pictures,
    settings: Settings,
) -> Stills:
    """Reconstructs the people of photographs, some images at a time.

    Args:
      paths: The files.
      stems: The stem of each photograph's output files.
      reconstructor: Makes the bodies.
      pictures: Draws them.
      settings: The user's settings.
    """
    parts: list[Reconstruction] = []
    result = Stills(None, [], [], [], [])
    with (
        progress.bar(len(paths), "image", "loading") as bar,
        _worker(lambda job: pictures.write(*job)) as draw,
        contextlib.closing(reading.read_ahead(paths)) as photographs,
    ):
        for batch in reading.batches(photographs):
            bar.set_description("finding people", refresh=False)
            done: list[tuple[int, np.ndarray]] = []
            before = len(result.names)
            for place, pixels, reason, focal_length in batch:
                if pixels is None:
                    result.failures.append(Failure(str(paths[place]), reason))
                    progress.say(bar, reason)
                else:
                    done.append((place, pixels))
                    result.sizes.append((pixels.shape[0], pixels.shape[1]))
                    result.names.append(stems[place])
                    result.focal_lengths.append(focal_length)
            if done:
                images = [pixels for _, pixels in done]
                cameras = [
                    default_camera.intrinsics(size, settings.focal_length or noted)
                    for size, noted in zip(
                        result.sizes[before:], result.focal_lengths[before:], strict=True
                    )
                ]
                names = [str(paths[place]) for place, _ in done]
                found = _people(reconstructor, names, images, cameras, settings)
                for row, (place, pixels) in enumerate(done):
                    draw((stems[place], pixels, found.of_image(row)))
                parts.append(found)
            bar.update(len(batch))
    return result._replace(people=concatenate(parts) if parts else None)


def _people(
    reconstructor: Reconstructor,
    names: Sequence[str],
    images: Sequence[np.ndarray],
    cameras: Sequence[np.ndarray],
    settings: Settings,
) -> Reconstruction:
    boxes = None if settings.boxes is None else [np.array(settings.boxes, np.float32)]
    found = reconstructor.find(images, boxes, settings.max_people)
    return reconstructor.reconstruct(names, found, cameras, refine=settings.is_refined)


@contextlib.contextmanager
def _worker(work: Callable[[tuple], None]) -> Iterator[Callable[[tuple], None]]:
    """Does work in a thread beside the caller's; waits for it at the end.

    Yields:
      What takes the next job; it waits while several do. What work raises is raised there or at the
      end.
    """
    jobs: queue.Queue[tuple | None] = queue.Queue(_WAITING)
    errors: list[BaseException] = []

    def run() -> None:
        while (job := jobs.get()) is not None:
            if not errors:
                try:
                    work(job)
                except BaseException as error:  # The caller's thread raises it.
                    errors.append(error)

    def put(job: tuple) -> None:
        if errors:
            raise errors[0]
        jobs.put(job)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield put
    finally:
        jobs.put(None)
        thread.join()
    if errors:
        raise errors[0]
