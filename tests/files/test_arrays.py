"""Arrays from strangers: refused, with the reason, before memory is taken for them."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.format import write_array_header_1_0

from fer_classic.errors import FerClassicError
from fer_classic.files.arrays import (
    EXPANSION,
    MOST_ARRAYS,
    array_from_bytes,
    check_array,
    check_finite,
    open_npy,
    read_npz,
)


def header(shape, dtype="<f8", fortran=False):
    out = io.BytesIO()
    write_array_header_1_0(out, {"descr": dtype, "fortran_order": fortran, "shape": shape})
    return out.getvalue()


def npz(*members, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def refused(content, words):
    tracemalloc.start()
    with pytest.raises(FerClassicError) as caught:
        read_npz(io.BytesIO(content), "own.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words in str(caught.value), caught.value
    assert "own.npz" in str(caught.value)
    assert peak < EXPANSION * len(content) + (1 << 20)


def test_what_numpy_writes_is_read(tmp_path):
    arrays = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "scalar": np.float64(2.5),
        "none": np.empty((0, 4), np.int8),
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "truth": np.array([True, False]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "own.npz", **arrays)
        found = read_npz(tmp_path / "own.npz")
        assert list(found) == list(arrays)
        for key, own in arrays.items():
            np.testing.assert_array_equal(found[key], own)
            assert found[key].dtype == own.dtype and found[key].flags.writeable


def test_a_bomb_is_refused():
    zeros = header((1 << 24,), "|u1") + bytes(1 << 24)
    bomb = npz(("a.npy", zeros), compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 20_000
    refused(bomb, "that is more than 16 times its size")
    # Of many small ones too, none of which is remarkable by itself.
    part = header((1 << 16,), "|u1") + bytes(1 << 16)
    many = [(f"a{i}.npy", part) for i in range(100)]
    refused(npz(*many, compression=zipfile.ZIP_DEFLATED), "more than 16 times its size")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (header((10**12,)), "says that it holds float64 of shape (1000000000000,)"),
        (header((2**40, 2**40)), "of shape (1099511627776, 1099511627776), which takes"),
        (header((0, 2**62)), "of shape (0, 4611686018427387904)"),
        (header((-1,)), "of shape (-1,)"),
        (header((-1, -1)) + bytes(8), "of shape (-1, -1)"),
        (header((2,)) + bytes(15), "which takes 144 bytes; it has 143"),
        (header((2,)) + bytes(17), "which takes 144 bytes; it has 145"),
        (header((1,) * 9) + bytes(8), "with 9 dimensions: only numbers are read"),
        (header((1,), "|O") + b"\x80\x04N.", "holds Python objects in dtype object"),
        (header((1,), [("a", "|O")]), "holds Python objects in dtype"),
        (header((1,), [("a", "<f8")]) + bytes(8), "only numbers are read"),
        (header((1,), "<U1") + bytes(4), "is an array of <U1 with 1 dimensions"),
        (header((1,), "|V8") + bytes(8), "is an array of |V8"),
        (header((1,), "<M8[s]") + bytes(8), "only numbers are read"),
        (header((1,), "|S0"), "only numbers are read"),
        (b"no array", "is damaged"),
        (b"", "is damaged"),
        (b"\x93NUMPY\x03\x00" + bytes(90), "has NumPy's format (3, 0)"),
        (b"\x93NUMPY\x01\x00\x40\x00" + b"[" * 64, "is damaged"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "is damaged"),
    ],
)
def test_an_array_unlike_its_header_is_refused(tmp_path, content, words):
    refused(npz(("a.npy", content)), words)
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FerClassicError) as caught:
        open_npy(tmp_path / "a.npy")
    assert words in str(caught.value) and "a.npy" in str(caught.value)


def test_archives_that_are_none_are_refused():
    good = header((1,)) + bytes(8)
    refused(b"", "is damaged")
    refused(b"nonsense", "is damaged (File is not a zip file)")
    refused(npz(("a.py", b"print()")), "holds 'a.py', which is no array")
    refused(npz((".npy", good)), "holds '.npy', which is no array")
    many = [(f"a{i}.npy", good) for i in range(MOST_ARRAYS + 1)]
    refused(npz(*many), "holds 1001 arrays: 1000 of different names are allowed")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = npz(("a.npy", good), ("a.npy", good))
    refused(twice, "holds 2 arrays: 1000 of different names")
    locked = bytearray(npz(("a.npy", good)))
    locked[6] |= 1  # the flag of encryption, at both places
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    refused(bytes(locked), "is damaged")
    odd = bytearray(npz(("a.npy", good)))
    odd[8], odd[odd.index(b"PK\x01\x02") + 10] = 99, 99  # a method that nobody knows
    refused(bytes(odd), "packed as NumPy packs no array")
    other = bytearray(npz(("a.npy", good)))
    other[other.index(b"NUMPY") + 130] ^= 1
    refused(bytes(other), "is damaged (Bad CRC-32")


def test_a_size_that_the_archive_only_claims_is_not_allocated():
    good = bytearray(npz(("a.npy", header((1 << 28,), "|u1") + bytes(8))))
    place = good.index(b"PK\x01\x02") + 24
    good[place : place + 4] = (128 + (1 << 28)).to_bytes(4, "little")
    refused(bytes(good), "times its size")


@settings(max_examples=200, deadline=None)
@given(place=st.floats(0, 1), raw=st.binary(min_size=1, max_size=8))
def test_any_other_bytes_are_refused_or_read(place, raw):
    content = npz(("a.npy", header((4,)) + bytes(32)), ("b.npy", header(()) + bytes(8)))
    at = int(place * len(content))
    try:
        found = read_npz(io.BytesIO(content[:at] + raw + content[at + len(raw) :]), "own")
    except FerClassicError as error:
        assert "own" in str(error)
    else:
        assert all(array.nbytes <= 64 for array in found.values())


def test_an_array_is_what_is_expected():
    good = np.zeros((2, 3), np.float32)
    assert check_array(good, "f4", (2, 3), "a") is good
    for array, words in (
        (None, "a is missing; it must be float32 of shape (2, 3)"),
        (good.astype("f8"), "a is float64 of shape (2, 3); it must be float32"),
        (good[:1], "a is float32 of shape (1, 3); it must be"),
        (np.asfortranarray(good), "a is float32 of shape (2, 3) in Fortran order; it"),
    ):
        with pytest.raises(FerClassicError) as caught:
            check_array(array, "f4", (2, 3), "a")
        assert words in str(caught.value)
    for number in (np.nan, np.inf):
        with pytest.raises(FerClassicError, match="a holds a number that is not finite"):
            check_finite(np.array([0, number]), "a")


def test_a_part_before_the_beginning_of_the_file_is_damage(tmp_path):
    content = bytearray(npz(("a.npy", header(()) + b"\0" * 8)))
    start = content.rindex(b"PK\5\6")
    content[start + 16 : start + 20] = (1 << 24).to_bytes(4, "little")  # directory's place
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    with pytest.raises(FerClassicError, match=r"own\.npz is damaged"):
        read_npz(path)


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_numpy_does_not_pack_so_is_refused(tmp_path, packed):
    path = tmp_path / "own.npz"
    path.write_bytes(npz(("a.npy", header(()) + b"\0" * 8), compression=packed))
    with pytest.raises(FerClassicError, match=r"'a\.npy', packed as NumPy packs no array"):
        read_npz(path)


@pytest.mark.parametrize("order", ["<", ">"])
def test_text_with_a_letter_that_there_is_not_is_damaged(order):
    def npy(codes):
        stream = io.BytesIO()
        np.save(stream, np.array(codes, dtype=f"{order}u4").view(f"{order}U1"))
        return stream.getvalue()

    assert array_from_bytes(npy([0x33, 0x10FFFF]), "x.npy").tolist() == ["3", "\U0010ffff"]
    with pytest.raises(FerClassicError, match=r"x\.npy is damaged \(a letter"):
        array_from_bytes(npy([0x33, 0x110034]), "x.npy")
