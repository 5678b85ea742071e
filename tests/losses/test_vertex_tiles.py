import numpy as np

from hps_tf.losses.vertex_tiles import TILE_SIZE, tiles_of_parts


def test_every_vertex_of_a_part_has_one_place_in_that_parts_tiles():
    vertex_parts = np.random.default_rng(0).choice(
        [0, 1, 2, 5, 14], 900, p=[0.1, 0.5, 0.2, 0.1, 0.1]
    )
    layout = tiles_of_parts(vertex_parts)
    is_vertex = layout.vertices < len(vertex_parts)
    assert is_vertex.sum() == (vertex_parts > 0).sum()
    for vertex, place in enumerate(layout.places):
        if vertex_parts[vertex] == 0:
            assert place == len(layout.vertices)
        else:
            assert layout.vertices[place] == vertex
            assert layout.parts[place // TILE_SIZE] == vertex_parts[vertex]
    for part in range(1, 15):
        own = np.flatnonzero(layout.parts == part)
        assert layout.num_tiles[part] == len(own) == -(-(vertex_parts == part).sum() // TILE_SIZE)
        assert len(own) == 0 or layout.first_tiles[part] == own[0]
    assert layout.num_tiles[0] == 0
