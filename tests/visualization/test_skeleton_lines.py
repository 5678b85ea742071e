from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.visualization import palette, skeleton_lines


def test_every_keypoint_is_joined_and_sides_have_their_colours():
    lines = skeleton_lines.lines(COCO17_NAMES)
    assert {end for line in lines for end in line[:2]} == set(range(17))
    for start, end, colour in lines:
        sides = {COCO17_NAMES[place].partition("_")[0] for place in (start, end)} - {"nose"}
        is_across = sides == {"left", "right"}
        expected = {"left": palette.LEFT, "right": palette.RIGHT}
        assert colour == (palette.MIDDLE if is_across else expected[sides.pop()])


def test_the_mirrored_skeleton_has_the_same_lines():
    mirror = mirror_permutation(COCO17_NAMES)
    pairs = {frozenset(line[:2]) for line in skeleton_lines.lines(COCO17_NAMES)}
    assert {frozenset(int(mirror[end]) for end in pair) for pair in pairs} == pairs


def test_names_without_neighbours_have_no_lines():
    assert skeleton_lines.lines(["pelvis", "left_knee"]) == []
    assert skeleton_lines.colours(["pelvis", "left_knee"]) == [palette.MIDDLE, palette.LEFT]
