"""An .npy file in parts has the bytes that np.save writes at once."""

import io

import numpy as np
import pytest

from fer_classic.files.npy import NpyWriter


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
@pytest.mark.parametrize("row", [(), (4,), (3, 2)])
@pytest.mark.parametrize("sizes", [(7,), (1, 2, 4), (0, 7, 0), (0,)])
def test_the_bytes_are_those_of_save(tmp_path, dtype, row, sizes):
    whole = np.arange(sum(sizes) * int(np.prod(row)), dtype=dtype).reshape(-1, *row)
    with NpyWriter(tmp_path / "a.npy", len(whole)) as file:
        for part in np.split(whole, np.cumsum(sizes)[:-1]):
            file.append(part)
    stream = io.BytesIO()
    np.save(stream, whole)
    assert (tmp_path / "a.npy").read_bytes() == stream.getvalue()


def test_rows_in_another_order_in_memory_are_written_row_by_row(tmp_path):
    with NpyWriter(tmp_path / "a.npy", 3) as file:
        file.append(np.asfortranarray(np.arange(6).reshape(3, 2)))
    found = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert found.tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("second", [np.zeros((1, 3)), np.zeros((1, 2), np.float32)])
def test_rows_unlike_the_first_are_refused(tmp_path, second):
    told = r"is to hold 2 rows like .* Got 2 rows, the last"
    with (
        pytest.raises(ValueError, match=told),
        NpyWriter(tmp_path / "a.npy", 2) as file,
    ):
        file.append(np.zeros((1, 2)))
        file.append(second)


@pytest.mark.parametrize("rows", [1, 3])
def test_fewer_or_more_rows_than_announced_are_an_error(tmp_path, rows):
    with (
        pytest.raises(ValueError, match=rf"is to hold 2 rows.* Got {rows}"),
        NpyWriter(tmp_path / "a.npy", 2) as file,
    ):
        file.append(np.zeros((rows, 2)))


def test_an_existing_file_is_not_overwritten(tmp_path):
    (tmp_path / "a.npy").write_text("mine")
    with pytest.raises(FileExistsError):
        NpyWriter(tmp_path / "a.npy", 2).__enter__()
    assert (tmp_path / "a.npy").read_text() == "mine"
