"""Chunks in worker processes."""

import os

import pytest

from fer_classic.compute.processes import in_chunks


def double(chunk):
    return [2 * item for item in chunk]


def where(chunk):
    return [os.getcwd() for _ in chunk]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_results_keep_their_order_and_progress_counts_them(jobs, size):
    seen = []
    made = in_chunks(double, list(range(10)), size, jobs=jobs, progress=seen.append)
    assert made == list(range(0, 20, 2))
    assert seen[-1] == 10 and seen == sorted(seen)


def test_nothing_gives_nothing():
    assert in_chunks(double, [], 3, jobs=2) == []


def test_workers_that_are_used_again_follow_to_another_folder(tmp_path, monkeypatch):
    in_chunks(where, [1, 2, 3, 4], 1, jobs=2)
    monkeypatch.chdir(tmp_path)
    assert set(in_chunks(where, [1, 2, 3, 4], 1, jobs=2)) == {os.path.realpath(tmp_path)}
