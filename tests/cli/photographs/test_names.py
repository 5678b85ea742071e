from pathlib import Path

from hps_tf.cli.photographs.names import stems


def named(*paths):
    return stems([Path(path) for path in paths])


def test_files_keep_their_names():
    names = named("x/beach 1.jpg", "x/Größe 🙂.png", "x/no suffix", "x/two.dots.jpg")
    assert names == ["beach 1", "Größe 🙂", "no suffix", "two.dots"]


def test_names_that_are_alike_get_what_tells_them_apart():
    assert named("x/a.jpg", "x/a.png", "x/b.png") == ["a.jpg", "a.png", "b"]
    assert named("x/a.jpg", "y/a.jpg", "y/a.png") == ["x_a.jpg", "y_a.jpg", "a.png"]
    assert named("x/1/a.jpg", "y/1/a.jpg") == ["1_a.jpg", "1_a.jpg-2"]
    assert named("x/a.jpg", "x/A.JPG") == ["x_a.jpg", "x_A.JPG-2"]


def test_no_name_is_given_twice_or_too_long():
    long = ["n" * 240 + f"{number}.jpg" for number in range(3)]
    tricky = ["x/a.jpg", "y/a.jpg", "z/x_a.jpg.png", "z/x_a.png"]
    for paths in (long, tricky, [f"{d}/same.jpg" for d in range(20)]):
        names = named(*paths)
        assert len({name.casefold() for name in names}) == len(paths)
        assert max(len(name.encode()) for name in names) <= 210
