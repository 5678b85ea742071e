import pytest

from hps_tf.data.mocap import bvh_hierarchy
from hps_tf.errors import InputError

TEXT = """HIERARCHY
ROOT Bip01
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Bip01  L Thigh
  {
    OFFSET 1 -2 3e0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -1 0
    }
  }
}
"""


def read(text=TEXT):
    return bvh_hierarchy.read(text, "p.bvh")


def test_reads_names_parents_offsets_and_channels():
    root, thigh = read()
    assert (root.name, root.parent, root.offset) == ("Bip01", -1, [0, 0, 0])
    assert (thigh.name, thigh.parent, thigh.offset) == ("Bip01 L Thigh", 0, [1, -2, 3])
    assert thigh.channels == ["Zrotation", "Xrotation", "Yrotation"]
    assert len(root.channels) == 6


@pytest.mark.parametrize(
    "change",
    [("\n", " \n"), ("\n  {", " {"), ("\n{", "{"), ("{", "{ "), ("End Site", "END SITE a tip")],
)
def test_spelling_does_not_matter(change):
    assert read(TEXT.replace(*change)) == read()
    assert read(TEXT.replace("HIERARCHY", "Hierarchy").replace("JOINT", "joint")) == read()


def test_stands_on_one_line():
    text = " ".join(TEXT.split()).replace("Bip01 L Thigh", "Thigh")
    assert [joint.name for joint in read(text)] == ["Bip01", "Thigh"]


def test_says_where_it_is_wrong():
    with pytest.raises(InputError, match=r"p\.bvh, line 7: expected \{, received 'OFFSET'"):
        read(TEXT.replace("  {\n    OFFSET 1", "    OFFSET 1"))
    with pytest.raises(InputError, match=r"p\.bvh: expected JOINT or End or \}, .*cut off"):
        read(TEXT[:-3])
