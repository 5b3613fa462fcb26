"""Duplicates: the hash, near sets, groups, all against plain reference code."""

import itertools
import time

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from scipy.fft import dctn

from fer_classic.data.duplicates import (
    MAX_DIFFERENT_BITS,
    connect,
    duplicate_groups,
    merge_groups,
    near_groups,
    perceptual_hash,
    thumbnail,
)


def plain_union(n, pairs):
    """Smallest member of each row's component."""
    parent = list(range(n))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for a, b in pairs:
        a, b = root(a), root(b)
        parent[max(a, b)] = min(a, b)
    return [root(i) for i in range(n)]


def by_first(numbers):
    """The same partition, numbered by the first member of each set."""
    numbers = list(numbers)
    return [numbers.index(number) for number in numbers]


def hash_of(gray):
    return perceptual_hash(thumbnail(np.asarray(gray))[None])[0]


def distance(a, b):
    return int(np.bitwise_count(a ^ b).sum())


def flipped(code, bits):
    code = np.unpackbits(code)
    code[list(bits)] ^= 1
    return np.packbits(code)


def clustered_hashes(rng, n, spread):
    """Hashes around a few centres, so that many are close to the limit."""
    centres = rng.integers(0, 256, (max(1, n // 8), 32), dtype=np.uint8)
    rows = [
        flipped(
            centres[rng.integers(len(centres))],
            rng.choice(256, rng.integers(spread + 1), replace=False),
        )
        for _ in range(n)
    ]
    return np.array(rows, dtype=np.uint8).reshape(-1, 32)


def picture(seed, size=(90, 70)):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 40, 150])
@pytest.mark.parametrize("limit", [0, 5, 12, 15])
def test_near_groups_equal_brute_force(n, limit):
    rng = np.random.default_rng(n * 100 + limit)
    hashes = clustered_hashes(rng, n, 10)
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(n), 2)
        if distance(hashes[i], hashes[j]) <= limit
    ]
    assert by_first(near_groups(hashes, limit)) == plain_union(n, pairs)
    if n == 150:  # the case is telling: some pairs are near, some are not
        assert 0 < len(pairs) < n * (n - 1) / 2 or limit == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(0, 40))
def test_near_groups_equal_brute_force_at_random(seed, n, spread):
    hashes = clustered_hashes(np.random.default_rng(seed), n, spread)
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(n), 2)
        if distance(hashes[i], hashes[j]) <= MAX_DIFFERENT_BITS
    ]
    assert by_first(near_groups(hashes)) == plain_union(n, pairs)


@pytest.mark.parametrize("bits", range(10, 16))
def test_the_limit_is_exact_wherever_the_bits_are(bits):
    rng = np.random.default_rng(bits)
    code = rng.integers(0, 256, 32, dtype=np.uint8)
    for _ in range(30):
        other = flipped(code, rng.choice(256, bits, replace=False))
        first, second = near_groups(np.stack([code, other]))
        assert (first == second) == (bits <= MAX_DIFFERENT_BITS)


def test_hundred_thousand_hashes_take_seconds():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 256, (100_000, 32), dtype=np.uint8)
    hashes[50_000:] = hashes[0]  # 50,000 equal ones
    hashes[1] = flipped(hashes[2], range(12))
    start = time.perf_counter()
    sets = duplicate_groups(np.arange(100_000).astype(str), hashes, np.ones(100_000, bool))
    assert time.perf_counter() - start < 20
    assert sets[1] == sets[2] != sets[3]
    assert (sets[50_000:] == sets[0]).all()
    assert len(np.unique(sets)) == 49_999


def test_frames_of_a_film_take_seconds():
    """Each of 30,000 hashes differs from all others in few bits: 450 million pairs."""
    rng = np.random.default_rng(1)
    hashes = np.repeat(rng.integers(0, 256, (1, 32), dtype=np.uint8), 30_000, axis=0)
    for _ in range(3):
        bits = rng.integers(0, 256, 30_000)
        hashes[np.arange(30_000), bits // 8] ^= np.uint8(1) << (bits % 8).astype(np.uint8)
    start = time.perf_counter()
    sets = near_groups(hashes)
    assert time.perf_counter() - start < 20
    assert len(np.unique(sets)) == 1


def test_hash_survives_resizing_compression_and_light(tmp_path):
    photograph = Image.fromarray(skimage.data.astronaut()).convert("L")
    for corner in (0, 80, 160, 240):
        image = photograph.crop((corner, corner // 2, corner + 200, corner // 2 + 180))
        image.save(tmp_path / "a.jpg", quality=40)
        versions = [
            Image.open(tmp_path / "a.jpg"),
            image.resize((67, 60), Image.Resampling.LANCZOS),
            image.filter(ImageFilter.GaussianBlur(1)),
            image.point(lambda value: 0.8 * value + 20),
        ]
        code = hash_of(image)
        for version in versions:
            assert distance(code, hash_of(version)) <= 12


def test_hashes_of_different_pictures_are_far_apart():
    codes = [hash_of(picture(seed)) for seed in range(20)]
    assert min(distance(a, b) for a, b in itertools.combinations(codes, 2)) > 40


def test_hash_by_hand():
    """One frequency only: cos along x is positive, all others lie at their median."""
    x = np.cos(np.pi * (2 * np.arange(32) + 1) * 3 / 64)
    gray = np.tile(np.round(128 + 100 * x), (32, 1)).astype(np.uint8)
    bits = np.unpackbits(hash_of(gray)).reshape(16, 16)
    assert bits[0, 3] == 1
    bits = np.unpackbits(hash_of(255 - gray)).reshape(16, 16)
    assert bits[0, 3] == 0
    assert hash_of(gray).shape == (32,)
    assert hash_of(gray).dtype == np.uint8


def test_hashes_are_those_of_scipys_transform_and_do_not_depend_on_each_other():
    grays = [np.asarray(picture(seed)) for seed in range(12)]
    small = np.stack([thumbnail(gray) for gray in grays])
    low = dctn(small.astype(float), axes=(1, 2), norm="ortho")[:, :16, :16].reshape(12, -1)
    low[:, 0] = 0
    expected = np.packbits(low > np.median(low, axis=1)[:, None], axis=1)
    assert np.array_equal(perceptual_hash(small), expected)
    assert np.array_equal(perceptual_hash(small), [hash_of(gray) for gray in grays])


@pytest.mark.parametrize("shape", [(1, 1), (48, 48), (3, 200)])
@pytest.mark.parametrize("value", [0, 130, 255])
def test_flat_images_are_only_duplicates_if_their_bytes_are(shape, value):
    code = hash_of(np.full(shape, value, np.uint8))
    hashes = np.stack([code, code, code])
    sets = duplicate_groups(["a", "b", "a"], hashes, np.ones(3, bool))
    assert by_first(sets) == [0, 1, 0]


def test_unreadable_rows_are_duplicates_of_nothing():
    code = hash_of(picture(0))
    hashes = np.stack([code] * 4)
    readable = np.array([True, False, True, False])
    sets = duplicate_groups(["a", "a", "b", ""], hashes, readable)
    assert by_first(sets) == [0, 1, 0, 3]


def test_exact_and_near_copies_join_to_one_set():
    a = hash_of(picture(1))
    b, c = flipped(a, range(12)), flipped(a, range(12, 24))  # 24 bits apart, by way of a
    far = hash_of(picture(2))
    sets = duplicate_groups(list("vwxyy"), np.stack([b, c, a, far, far]), np.ones(5, bool))
    assert by_first(sets) == [0, 0, 0, 3, 3]


def test_no_images():
    assert len(duplicate_groups([], np.empty((0, 32), np.uint8), np.empty(0, bool))) == 0


@given(
    st.integers(1, 25).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30),
        )
    )
)
def test_connect_equals_a_plain_union(case):
    n, pairs = case
    sets = connect(n, np.array(pairs, dtype=int).reshape(-1, 2))
    assert sets.dtype == np.int64
    assert by_first(sets) == plain_union(n, pairs)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from([None, "", "a", "b", "c"])),
        min_size=1,
        max_size=25,
    )
)
def test_merge_groups_equals_a_plain_union(rows):
    n = len(rows)
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(n), 2)
        if rows[i][0] == rows[j][0] or (rows[i][1] is not None and rows[i][1] == rows[j][1])
    ]
    merged = merge_groups(np.array([d for d, _ in rows]), [g for _, g in rows])
    assert by_first(merged) == plain_union(n, pairs)


def test_merge_groups_by_hand():
    # Row 0 and 1 are copies; 1 and 3 are one person; 2 is alone; 4 and 5 are copies.
    merged = merge_groups(np.array([0, 0, 1, 2, 3, 3]), [None, "p", None, "p", "q", None])
    assert by_first(merged) == [0, 0, 2, 0, 4, 4]
