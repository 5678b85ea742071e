import pytest

from hps_tf.data.mocap.source_text import TextLines, decode, plain_name
from hps_tf.errors import InputError


def test_skips_blank_lines_and_comments_and_counts_them():
    lines = TextLines("a 1\r\n\n# no\n  b  2\n", "f", comment="#")
    assert [(words, lines.number) for words in lines] == [(["a", "1"], 1), (["b", "2"], 4)]


def test_counts_from_the_first_line_given():
    lines = TextLines("a\nb", "f", first_line=10)
    assert [lines.number for _ in lines] == [10, 11]


def test_rest_leaves_the_lines_to_be_read():
    lines = TextLines("a\nb\nc", "f")
    next(lines)
    assert lines.rest() == ["b", "c"]
    assert next(lines) == ["b"]


def test_reads_numbers():
    lines = TextLines("1 -2.5 3e-1", "f")
    assert lines.numbers(next(lines), 3, "offset") == [1.0, -2.5, 0.3]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["1", "2"], "f, line 1: expected 3 numbers for offset, received '2: 1 2'"),
        (["1", "2", "x"], "f, line 1: expected a finite number for offset, received 'x'"),
        (["1", "2", "nan"], "f, line 1: expected a finite number for offset, received 'nan'"),
        (["1", "2", "1e999"], "f, line 1: expected a finite number for offset, received '1e999'"),
    ],
)
def test_names_the_line_of_wrong_numbers(words, message):
    lines = TextLines("x", "f")
    next(lines)
    with pytest.raises(InputError) as error:
        lines.numbers(words, 3, "offset")
    assert str(error.value) == message


def test_shortens_what_it_quotes():
    lines = TextLines("x", "f")
    with pytest.raises(InputError) as error:
        lines.fail("little", "much " * 1000)
    assert len(str(error.value)) < 120


def test_the_bytes_do_not_matter_to_the_text():
    text = "Rücken\n1\n"
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        b"\xfe\xff" + text.encode("utf-16-be"),
        text.encode("latin-1"),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        text.replace("ü", "u\u0308").encode(),
        text.encode() + b"\x1a",
    ):
        assert decode(data, "f") == text


def test_what_is_no_unicode_is_what_windows_writes():
    assert decode(b"\x93a\x94 \x80", "f") == "“a” €"
    assert decode(b"a\x81", "f") == "a\x81"


def test_a_number_has_no_underscores():
    lines = TextLines("1_0", "f")
    with pytest.raises(InputError, match="expected a finite number for offset, received '1_0'"):
        lines.numbers(next(lines), 1, "offset")


def test_blanks_in_a_name_do_not_matter():
    assert plain_name(" Bip01  L\tThigh ") == "Bip01 L Thigh"
    assert plain_name("Ru\u0308cken") == "Rücken"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f: the file is empty"),
        (b" \r\n\t\n", "f: the file is empty"),
        (b"\xef\xbb\xbf \n", "f: the file is empty"),
        (b"\x1a", "f: the file is empty"),
        (b"a\n\nb\0\n", "f, line 3: expected text, received a NUL byte"),
        (b"\xff\xfea\0b", "f, line 1: expected text, received a NUL byte"),
    ],
)
def test_refuses_what_is_not_text(data, message):
    with pytest.raises(InputError) as error:
        decode(data, "f")
    assert str(error.value) == message
