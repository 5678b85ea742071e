import pytest

from hps_tf.data.source_text import TextLines, decode
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


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f: the file is empty"),
        (b" \r\n\t\n", "f: the file is empty"),
        (b"a\nb \xff\n", "f, line 2: expected UTF-8 text, received byte 0xff"),
        (b"a\n\nb\0\n", "f, line 3: expected text, received a NUL byte"),
    ],
)
def test_refuses_what_is_not_text(data, message):
    with pytest.raises(InputError) as error:
        decode(data, "f")
    assert str(error.value) == message
