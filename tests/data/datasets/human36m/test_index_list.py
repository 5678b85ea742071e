import pytest
from hypothesis import given
from hypothesis import strategies as st

from hps_tf.data.datasets.human36m import index_list
from hps_tf.errors import InputError

HEADER = "subject,action,camera,frame\n"


def test_gathers_frames_by_view():
    text = HEADER + "S1,Directions 1,54138969,6\nS1,Directions_1,54138969,1\nS9,Eating,58860488,3\n"
    assert index_list.read(text.encode(), "h80k.csv") == {
        ("S1", "Directions 1", "54138969"): [0, 5],
        ("S9", "Eating", "58860488"): [2],
    }


def test_columns_may_be_in_any_order_with_others():
    text = "\ufeffframe,camera,x,subject,action\n2,1,?,S5,Photo\n"
    assert index_list.read(text.encode(), "a.csv") == {("S5", "Photo", "1"): [1]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: expected columns subject, action, camera, frame, received none"),
        (b"subject,frame\n", "received subject, frame"),
        (HEADER.encode(), "expected at least one frame, received none"),
        (HEADER.encode() + b"S1,Eating,5,0\n", "line 2: expected subject, .* received 'S1'"),
        (HEADER.encode() + b"S1,Eating,5,-3\n", "line 2"),
        (HEADER.encode() + b"S1,Eating\n", "line 2"),
        (HEADER.encode() + b"S1,,5,1\n", "line 2"),
        (HEADER.encode() + b"S1,Eating,5,99999999999\n", "line 2"),
        (b"\xff\xfe", "expected CSV in UTF-8"),
        (HEADER.encode() + b'"S1,Eating,5,1', "expected CSV in UTF-8, received: unexpected end"),
    ],
)
def test_says_what_is_wrong(data, message):
    with pytest.raises(InputError, match=rf"^a\.csv.*{message}"):
        index_list.read(data, "a.csv")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    try:
        found = index_list.read(HEADER.encode() + data, "a.csv")
    except InputError:
        pass
    else:
        assert all(frames == sorted(set(frames)) for frames in found.values())
