"""Names of images, however a file writes them."""

import time
from pathlib import PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.data.image import EXTENSIONS
from fer_classic.data.names import ABSENT, SEVERAL, NameFinder, ends_as_image


def test_names_are_found_by_their_longest_ending():
    find = NameFinder(["t/a/1.jpg", "t/b/1.jpg", "t/b/2.png", "3.jpg"])
    assert [find.row(n) for n in ("t/a/1.jpg", "a/1.jpg", "/x/y/t/b/1.jpg")] == [0, 0, 1]
    assert [find.row(n) for n in ("1.jpg", "x/1", "2", "c:\\z\\b\\2.jpg")] == [
        *(SEVERAL, SEVERAL, 2, 2)
    ]
    assert [find.row(n) for n in ("./3.jpg", "x//3", "4.jpg", "")] == [3, 3, ABSENT, ABSENT]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab./", min_size=1, max_size=7), min_size=1, max_size=6), st.data())
def test_a_found_image_shares_the_end_of_the_name(names, data):
    find = NameFinder(names)
    asked = data.draw(st.text("ab./\\", max_size=9) | st.sampled_from(names))
    row = find.row(asked)
    assert row in (ABSENT, SEVERAL) or 0 <= row < len(names)
    if asked in names:
        assert names[row] == asked


def test_a_hundred_thousand_whole_paths_take_seconds():
    names = [f"c{i % 7}/{i:06d}.jpg" for i in range(100_000)]
    start = time.perf_counter()
    find = NameFinder(names)
    assert [find.row(f"/home/me/{name}") for name in names] == list(range(100_000))
    assert time.perf_counter() - start < 15


@given(st.lists(st.sampled_from([".", "/", "\\", "jpg", "PNG", "a", " ", "webp", ".."])))
def test_the_ending_of_an_image_is_that_of_its_path(parts):
    name = "".join(parts)
    path = PurePosixPath(name.replace("\\", "/"))
    assert ends_as_image(name) == (path.suffix.lower() in EXTENSIONS)
