"""The pixels of each body part, packed into tiles of fixed size for the alignment loss.

Convention: pixels (x, y) = (right, down) with pixel centres at integers; label 0 is the background,
1 to 14 are the parts of `hps_tf.body.parts`, other labels are no part. A tile of size S holds up to
S pixels of a single part of a single image that lie near each other.

Packing sorts, and NumPy sorts small integers by counting them: several times faster than any way
found to do it with TensorFlow's operations. So it runs in NumPy, in graphs by `tf.numpy_function`.
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.geometry import checks

TILE_SIZE = 128
"""Pixels of a tile that looks for vertices."""

BOUNDARY_TILE_SIZE = 64
"""Pixels of a tile that vertices look into."""

_BLOCK_SIZE = 8
"""Pixels of a part are listed block by block, so that those of a tile lie near each other."""

_MIN_TILES = 4


class PixelTiles(NamedTuple):
    """Tiles of B images; those of an image are ordered by part, empty ones come last.

    Attributes:
      pixels: `(B, N, 2, S)` int16 x and y; what lies past a tile's count is padding.
      parts: `(B, N)` int32 part of each tile, 0 of an empty tile.
      counts: `(B, N)` int32 pixels in each tile, 1..S, 0 in an empty tile.
    """

    pixels: tf.Tensor
    parts: tf.Tensor
    counts: tf.Tensor


class PackedPixels(NamedTuple):
    """Label maps of B images as the alignment loss reads them; row b of every tensor is image b.

    Attributes:
      part_labels: `(B, H, W)` uint8.
      part_counts: `(B, 14)` int32 pixels of each part.
      all: Every pixel of every part, in tiles of `TILE_SIZE`.
      boundary: Those beside another label or the image's border, in tiles of `BOUNDARY_TILE_SIZE`.
    """

    part_labels: tf.Tensor
    part_counts: tf.Tensor
    all: PixelTiles
    boundary: PixelTiles


def pack_part_pixels(
    part_labels: tf.Tensor, max_tiles: int | None = None, max_boundary_tiles: int | None = None
) -> PackedPixels:
    """Packs label maps for `hps_tf.losses.alignment_loss`, eagerly or inside `tf.data`.

    Args:
      part_labels: `(B, H, W)` uint8 tensor or array.
      max_tiles: The number N of tiles per image; by default what the fullest image of the batch
        needs, rounded up to a power of two or three quarters of one, so that few shapes occur. No
        image needs more than H W / 128 + 14.
      max_boundary_tiles: The same for the boundary, where none needs more than H W / 64 + 14.

    Returns:
      The packed pixels, as tensors.

    Raises:
      ValueError: If the shape is wrong, or an image needs more tiles than the given maximum; at run
        time of a graph, `tf.errors.InvalidArgumentError`.
    """
    checks.shape("part_labels", part_labels, ("batch", "height", "width"))
    if not tf.is_symbolic_tensor(part_labels):
        arrays = _pack(np.asarray(part_labels, np.uint8), max_tiles, max_boundary_tiles)
        return _named([tf.convert_to_tensor(array) for array in arrays])

    batch, *image_size = part_labels.shape
    tensors = tf.numpy_function(
        lambda labels: _pack(labels, max_tiles, max_boundary_tiles),
        [part_labels],
        [tf.uint8, tf.int32, *[tf.int16, tf.int32, tf.int32] * 2],
        stateful=False,
    )
    shapes = [(batch, *image_size), (batch, NUM_PARTS)]
    for tiles, size in ((max_tiles, TILE_SIZE), (max_boundary_tiles, BOUNDARY_TILE_SIZE)):
        shapes += [(batch, tiles, 2, size), (batch, tiles), (batch, tiles)]
    return _named(
        [tf.ensure_shape(tensor, shape) for tensor, shape in zip(tensors, shapes, strict=True)]
    )


def _named(tensors: list[tf.Tensor]) -> PackedPixels:
    part_labels, part_counts, *tiles = tensors
    return PackedPixels(part_labels, part_counts, PixelTiles(*tiles[:3]), PixelTiles(*tiles[3:]))


def _pack(
    part_labels: np.ndarray, max_tiles: int | None, max_boundary_tiles: int | None
) -> list[np.ndarray]:
    pixels = _pixels_by_owner(part_labels)
    batch = len(part_labels)
    part_counts, tiles = _tiles(pixels, batch, TILE_SIZE, max_tiles)
    boundary = _Pixels(*(part[pixels.is_boundary] for part in pixels))
    _, boundary_tiles = _tiles(boundary, batch, BOUNDARY_TILE_SIZE, max_boundary_tiles)
    return [part_labels, part_counts, *tiles, *boundary_tiles]


class _Pixels(NamedTuple):
    """M pixels of parts: `(M,)` owners, 14 image + part - 1, coordinates, and what lies around."""

    owners: np.ndarray
    x: np.ndarray
    y: np.ndarray
    is_boundary: np.ndarray


def _is_boundary(part_labels: np.ndarray) -> np.ndarray:
    """Marks pixels with a 4-neighbour of another label, and an image's rim, (B, H, W) bool."""
    width = part_labels.shape[2]
    flat = part_labels.ravel()
    is_boundary = np.zeros(part_labels.shape, bool)
    marks = is_boundary.ravel()
    # Whole arrays at once: neighbours across the rim are of another row or image, and on the rim.
    for step in (1, width):
        differs = flat[step:] != flat[:-step]
        marks[step:] |= differs
        marks[:-step] |= differs
    is_boundary[:, [0, -1]] = True
    is_boundary[:, :, [0, -1]] = True
    return is_boundary


def _tiles(
    pixels: _Pixels, batch: int, size: int, max_tiles: int | None
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Counts the pixels of each part, (B, 14) int32, and cuts them into tiles of the size."""
    owners = pixels.owners
    counts = np.bincount(owners, minlength=batch * NUM_PARTS)
    tiles_of_owner = -(-counts // size)
    part_counts, tiles_of_part = (a.reshape(batch, NUM_PARTS) for a in (counts, tiles_of_owner))

    needed = int(tiles_of_part.sum(axis=1).max(initial=0))
    num_tiles = _rounded_up(needed) if max_tiles is None else max_tiles
    if needed > num_tiles:
        raise ValueError(
            f"an image needs {needed} tiles of {size} pixels, the maximum is {num_tiles}"
        )

    first_tiles = np.cumsum(tiles_of_part, axis=1) - tiles_of_part
    first_tiles += num_tiles * np.arange(batch)[:, np.newaxis]
    tiles = np.repeat(first_tiles.ravel(), tiles_of_owner)
    numbers = np.arange(len(tiles)) - np.repeat(
        np.cumsum(tiles_of_owner) - tiles_of_owner, tiles_of_owner
    )
    tiles += numbers
    tile_parts, tile_counts = np.zeros((2, batch * num_tiles), np.int32)
    tile_parts[tiles] = np.repeat(np.arange(batch * NUM_PARTS) % NUM_PARTS + 1, tiles_of_owner)
    tile_counts[tiles] = np.minimum(np.repeat(counts, tiles_of_owner) - numbers * size, size)

    is_pixel = np.arange(size) < tile_counts[:, np.newaxis]
    tiled = np.zeros((batch * num_tiles, 2, size), np.int16)
    tiled[:, 0][is_pixel], tiled[:, 1][is_pixel] = pixels.x, pixels.y
    return part_counts.astype(np.int32), (
        tiled.reshape(batch, num_tiles, 2, size),
        tile_parts.reshape(batch, num_tiles),
        tile_counts.reshape(batch, num_tiles),
    )


def _pixels_by_owner(part_labels: np.ndarray) -> _Pixels:
    """Lists the pixels of all parts, sorted by owner, then block by block, then by row."""
    batch, height, width = part_labels.shape
    grid = _grid(height, width)
    flat_labels = part_labels.ravel()
    places = np.flatnonzero(flat_labels - np.uint8(1) < NUM_PARTS)  # 0 becomes 255
    parts = flat_labels[places]
    ends = np.searchsorted(places, np.arange(1, batch + 1) * height * width)
    counts = np.diff(ends, prepend=0)
    pixels = places - np.repeat(np.arange(batch) * height * width, counts)

    # An image at a time, so that the keys are small.
    keys = grid.blocks[pixels] + parts * grid.blocks.dtype.type(grid.num_blocks)
    starts = ends - counts
    order = np.concatenate(
        [
            start + np.argsort(keys[start:end], kind="stable")
            for start, end in zip(starts, ends, strict=True)
        ]
    )
    owners = np.repeat(np.arange(batch) * NUM_PARTS, counts) + parts[order] - 1
    is_boundary = _is_boundary(part_labels).ravel()[places[order]]
    pixels = pixels[order]
    return _Pixels(owners, grid.x[pixels], grid.y[pixels], is_boundary)


class _Grid(NamedTuple):
    """Of each pixel of an image: `(H W,)` its coordinates and its block, numbered row by row."""

    x: np.ndarray
    y: np.ndarray
    blocks: np.ndarray
    num_blocks: int


@functools.lru_cache(maxsize=16)
def _grid(height: int, width: int) -> _Grid:
    y, x = (axis.ravel() for axis in np.mgrid[:height, :width])
    blocks_across = -(-width // _BLOCK_SIZE)
    num_blocks = blocks_across * -(-height // _BLOCK_SIZE)
    blocks = y // _BLOCK_SIZE * blocks_across + x // _BLOCK_SIZE
    # NumPy sorts 16-bit integers in linear time.
    fits = (NUM_PARTS + 1) * num_blocks <= np.iinfo(np.uint16).max
    blocks = blocks.astype(np.uint16 if fits else np.int64)
    return _Grid(x.astype(np.int16), y.astype(np.int16), blocks, num_blocks)


def _rounded_up(count: int) -> int:
    """The least power of two, or three quarters of one, that is neither below the count nor 4."""
    power = 1 << (max(count, _MIN_TILES) - 1).bit_length()
    return power * 3 // 4 if count <= power * 3 // 4 else power
