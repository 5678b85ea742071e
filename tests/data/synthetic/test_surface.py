import numpy as np

from hps_tf.data.synthetic.surface import Surface
from hps_tf.rendering import BACKGROUND, interpolate, part_labels, rasterize, vertex_normals

SIZE = 96
CAMERA = np.array([[150.0, 0, 47.5], [0, 150.0, 47.5], [0, 0, 1]])


def posed(body, seed):
    rng = np.random.default_rng(seed)
    pose = rng.normal(scale=0.3, size=(1, 24, 3)).astype(np.float32)
    pose[0, 0] = rng.normal(scale=2, size=3)
    return body(pose=pose, translation=[[0.0, 0.0, 3.0]]).vertices.numpy()[0]


def test_what_is_seen_is_what_the_rasterizer_sees(body):
    surface = Surface(body)
    for seed in range(6):
        vertices = posed(body, seed)
        seen = surface.see(vertices, CAMERA, SIZE)
        raster = rasterize(vertices, body.faces, CAMERA, (SIZE, SIZE))
        labels = part_labels(raster, body.face_parts)
        # Where a hidden triangle faces the camera through an opening of the mesh, they may differ.
        assert np.count_nonzero(seen.part_labels != labels) <= 1
        both = seen.mask & (raster.triangles != BACKGROUND)
        assert np.count_nonzero(both) > 300
        for values, expected in (
            (seen.places, surface.places),
            (seen.normals, vertex_normals(vertices, body.faces)),
        ):
            image = interpolate(raster, body.faces, expected)[both]
            different = np.abs(values[both[seen.mask]] - image).max(axis=1) > 1e-4
            assert np.count_nonzero(different) <= 1


def test_places_are_those_of_the_t_pose(body):
    places = Surface(body).places
    hands = places[np.isin(body.vertex_parts, (2, 3))]
    assert np.abs(hands[:, 0]).min() > 0.55
    assert np.ptp(hands[:, 1]) < 0.2
