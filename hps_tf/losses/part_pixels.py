"""The pixels of each body part, packed into tiles of fixed size for the alignment loss.

Convention: pixels (x, y) = (right, down) with pixel centres at integers; label 0 is the background,
1 to 14 are the parts of `hps_tf.body.parts`, other labels are no part. A tile of size S holds up to
S pixels of a single part of a single image that lie near each other.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.geometry import checks

TILE_SIZE = 128
"""Pixels of a tile that looks for vertices."""

BOUNDARY_TILE_SIZE = 32
"""Pixels of a tile that vertices look into."""

_BLOCK_SIZE = 8
"""The image is walked along block by block, so that pixels of a tile lie near each other."""


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
      part_labels: `(B, H, W)` uint8; B, H and W need not be known before run time.
      max_tiles: The number N of tiles an image; by default what the fullest image of the batch
        needs, rounded up to a power of two or three quarters of one, so that few shapes occur. No
        image needs more than H W / 128 + 14.
      max_boundary_tiles: The same for the boundary, where none needs more than H W / 32 + 14.

    Returns:
      The packed pixels.

    Raises:
      ValueError: If the shape is wrong.
      tf.errors.InvalidArgumentError: If an image needs more tiles than the given maximum.
    """
    part_labels = tf.convert_to_tensor(part_labels, tf.uint8)
    checks.shape("part_labels", part_labels, ("batch", "height", "width"))
    tiles, part_counts = _tiles(part_labels, TILE_SIZE, max_tiles)
    boundary_labels = tf.where(_is_boundary(part_labels), part_labels, tf.zeros_like(part_labels))
    boundary, _ = _tiles(boundary_labels, BOUNDARY_TILE_SIZE, max_boundary_tiles)
    return PackedPixels(part_labels, part_counts, tiles, boundary)


def _is_boundary(part_labels: tf.Tensor) -> tf.Tensor:
    """Marks pixels with a 4-neighbour of another label or outside the image, (B, H, W) bool."""
    around = tf.pad(part_labels, [[0, 0], [1, 1], [1, 1]])
    return (
        (part_labels != around[:, :-2, 1:-1])
        | (part_labels != around[:, 2:, 1:-1])
        | (part_labels != around[:, 1:-1, :-2])
        | (part_labels != around[:, 1:-1, 2:])
    )


def _tiles(
    part_labels: tf.Tensor, size: int, max_tiles: int | None
) -> tuple[PixelTiles, tf.Tensor]:
    """Cuts the pixels of each part into tiles; also counts the pixels of each part, (B, 14)."""
    batch = tf.shape(part_labels)[0]
    images, parts, pixels = _pixels_by_part(part_labels)
    owners = (parts - 1) * batch + images
    counts = tf.math.bincount(
        owners, minlength=NUM_PARTS * batch, maxlength=NUM_PARTS * batch, dtype=tf.int32
    )
    ranks = tf.range(tf.size(owners)) - tf.gather(tf.cumsum(counts, exclusive=True), owners)
    part_counts = tf.transpose(tf.reshape(counts, (NUM_PARTS, batch)))

    end_tiles = tf.cumsum(-(-part_counts // size), axis=1)
    first_tiles = tf.pad(end_tiles[:, :-1], [[0, 0], [1, 0]])
    num_needed = tf.reduce_max(end_tiles)
    num_tiles = _rounded_up(num_needed) if max_tiles is None else max_tiles
    tf.debugging.assert_less_equal(
        num_needed, num_tiles, f"an image needs more tiles of {size} pixels than the maximum"
    )

    first_slots = tf.gather_nd(first_tiles, tf.stack([images, parts - 1], axis=1)) * size
    slots = tf.stack([images, first_slots + ranks], axis=1)
    packed = tf.scatter_nd(slots, pixels, (batch, num_tiles * size, 2))
    packed = tf.transpose(tf.reshape(packed, (batch, num_tiles, size, 2)), (0, 1, 3, 2))

    tile = tf.range(num_tiles)
    tile_parts = 1 + tf.searchsorted(end_tiles, tf.tile(tile[tf.newaxis], (batch, 1)), side="right")
    is_empty = tile_parts > NUM_PARTS
    tile_parts = tf.where(is_empty, 1, tile_parts)
    position = tile - tf.gather(first_tiles, tile_parts - 1, batch_dims=1)
    rest = tf.gather(part_counts, tile_parts - 1, batch_dims=1) - position * size
    return (
        PixelTiles(
            packed,
            tf.where(is_empty, 0, tile_parts),
            tf.where(is_empty, 0, tf.minimum(rest, size)),
        ),
        part_counts,
    )


def _pixels_by_part(part_labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Lists the pixels of all parts, sorted by part, then image, then along the walk.

    Returns:
      `(M,)` int32 images, `(M,)` int32 parts, `(M, 2)` int16 x and y.
    """
    batch, height, width = tf.unstack(tf.shape(part_labels))
    rows, columns = -(-height // _BLOCK_SIZE), -(-width // _BLOCK_SIZE)
    margins = [[0, 0], [0, rows * _BLOCK_SIZE - height], [0, columns * _BLOCK_SIZE - width]]
    blocks = tf.reshape(
        tf.pad(part_labels, margins), (batch, rows, _BLOCK_SIZE, columns, _BLOCK_SIZE)
    )
    walk = tf.reshape(tf.transpose(blocks, (0, 1, 3, 2, 4)), [-1])
    places = tf.cast(tf.where((walk > 0) & (walk <= NUM_PARTS))[:, 0], tf.int32)
    labels = tf.cast(tf.gather(walk, places), tf.int32)
    by_part = tf.dynamic_partition(tf.stack([places, labels], axis=1), labels - 1, NUM_PARTS)
    places, labels = tf.unstack(tf.concat(by_part, axis=0), axis=1)

    block, inner = places // _BLOCK_SIZE**2, places % _BLOCK_SIZE**2
    column = block % columns
    row = block // columns % rows
    x = column * _BLOCK_SIZE + inner % _BLOCK_SIZE
    y = row * _BLOCK_SIZE + inner // _BLOCK_SIZE
    return block // (rows * columns), labels, tf.cast(tf.stack([x, y], axis=1), tf.int16)


def _rounded_up(count: tf.Tensor) -> tf.Tensor:
    """The least power of two, or three quarters of one, that is not below the count; at least 4."""
    exponent = tf.math.ceil(
        tf.math.log(tf.cast(tf.maximum(count, 4), tf.float64)) / 0.6931471805599453
    )
    power = tf.cast(tf.round(2.0**exponent), tf.int32)
    return tf.where(count <= power * 3 // 4, power * 3 // 4, power)
