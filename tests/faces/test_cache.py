"""Finished chunks: used again where nothing changed, and never where anything did."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.faces import cache as module
from fer_classic.faces import extract as faces_module
from fer_classic.faces import row as facerow
from fer_classic.faces.cache import Cache, open_cache, usage
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.settings import FaceSettings
from fer_classic.faces.table import FaceTable
from fer_classic.files.kept import cache_folder

#: Whole images: a search would only cost time here.
QUICK = FaceSettings(detector="none")
COLUMNS = {
    "errors": ("", "cannot be read: \udcff 表情\0"),
    "crops": np.arange(18, dtype=np.uint8).reshape(2, 3, 3),
    "scores": np.array([0.1, np.nan], np.float32),
}


@pytest.fixture
def kept(tmp_path):
    return Cache(tmp_path / "kept", "recipe")


@pytest.fixture
def samples(demo_folder, monkeypatch):
    """Ten images in chunks of four."""
    monkeypatch.setattr(faces_module, "CHUNK", 4)
    return read_dataset(demo_folder / "train").take(range(10))


@pytest.fixture
def computed(monkeypatch):
    """The images that were not taken from the cache, as they are computed."""
    real, seen = faces_module.read_row, []

    def read(source, *arguments):
        seen.append(source.path)
        return real(source, *arguments)

    monkeypatch.setattr(faces_module, "read_row", read)
    return seen


def same(one, other):
    for key in FaceTable.__dataclass_fields__:
        a, b = getattr(one, key), getattr(other, key)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype and a.shape == b.shape
            assert a.tobytes() == b.tobytes(), key
        else:
            assert a == b, key
    return True


def test_a_chunk_comes_back_as_it_was(kept):
    assert kept.load("aa") is None
    kept.store("aa", COLUMNS)
    found = kept.load("aa")
    assert found["errors"] == COLUMNS["errors"]
    for key in ("crops", "scores"):
        assert found[key].tobytes() == COLUMNS[key].tobytes()
        assert found[key].dtype == COLUMNS[key].dtype
    assert os.listdir(kept.folder / "aa") == ["aa.chunk"]
    assert usage(kept.folder) == (1, (kept.folder / "aa" / "aa.chunk").stat().st_size)


@pytest.mark.parametrize("damage", ["empty", "short", "head", "middle", "end", "other key"])
def test_a_damaged_chunk_counts_as_none(kept, damage):
    kept.store("aa", COLUMNS)
    path = kept.folder / "aa" / "aa.chunk"
    raw = bytearray(path.read_bytes())
    if damage == "other key":
        (kept.folder / "ab").mkdir()
        path.rename(kept.folder / "ab" / "ab.chunk")
        assert kept.load("ab") is None
        return
    if damage in ("empty", "short"):
        raw = raw[: 0 if damage == "empty" else -1]
    else:
        raw[{"head": 3, "middle": len(raw) // 2, "end": -1}[damage]] ^= 1
    path.write_bytes(raw)
    assert kept.load("aa") is None


def test_what_a_killed_run_left_of_a_chunk_goes_with_the_next(kept):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (kept.folder / "aa").mkdir(parents=True)
    for number in (process.pid, os.getpid()):
        (kept.folder / "aa" / f".aa.chunk.partial-{number}-x").write_text("half")
    kept.store("aa", COLUMNS)
    left = [f".aa.chunk.partial-{os.getpid()}-x", "aa.chunk"]  # one is still at work
    assert sorted(os.listdir(kept.folder / "aa")) == left


def test_a_pickle_is_not_loaded(kept):
    import io

    stream = io.BytesIO()
    np.savez(stream, texts=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (kept.folder / "aa").mkdir(parents=True)
    whole = module._checksum("aa", stream.getvalue()) + stream.getvalue()
    (kept.folder / "aa" / "aa.chunk").write_bytes(whole)
    assert kept.load("aa") is None


def test_the_key_follows_content_and_order(kept):
    keys = {kept.key(images) for images in (["a", "b"], ["b", "a"], ["ab"], ["a"], [])}
    assert len(keys) == 5
    assert replace(kept, recipe="other").key(["a"]) not in keys


@pytest.mark.parametrize(
    "change",
    [
        {"detector": "cnn"},
        {"upsample": 1},
        {"threshold": 0.5},
        {"min_size": 9.0},
        {"align": "5"},
        {"crop_size": 96},
        {"max_pixels": 1000},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_setting_is_another_recipe(tmp_path, change):
    mine = open_cache(tmp_path, FaceSettings()).recipe
    assert open_cache(tmp_path, FaceSettings(**change)).recipe != mine
    assert open_cache(tmp_path, FaceSettings()).recipe == mine


def test_other_versions_code_or_landmarks_are_another_recipe(tmp_path, monkeypatch):
    recipes = [open_cache(tmp_path, QUICK).recipe]
    for name in ("fer_classic", "dlib", "pillow"):
        with monkeypatch.context() as patch:
            versions = module.versions() | {name: "99"}
            patch.setattr(module, "versions", lambda versions=versions: versions)
            recipes.append(open_cache(tmp_path, QUICK).recipe)
    with monkeypatch.context() as patch:
        patch.setattr(module, "code_checksums", lambda parts: [["faces.py", "0"]])
        recipes.append(open_cache(tmp_path, QUICK).recipe)
    for content in (b"one", b"two"):  # of equal size
        (tmp_path / "own.dat").write_bytes(content)
        monkeypatch.setenv("FER_CLASSIC_LANDMARKS", str(tmp_path / "own.dat"))
        recipes.append(open_cache(tmp_path, QUICK).recipe)
    assert len(set(recipes)) == 7


def test_what_is_kept_is_not_computed_again(samples, computed, tmp_path):
    plain = extract_faces(samples, QUICK)
    first = extract_faces(samples, QUICK, cache=tmp_path / "kept")
    assert len(computed) == 20
    heard = []
    again = extract_faces(samples, QUICK, cache=tmp_path / "kept", progress=heard.append)
    assert len(computed) == 20 and heard == [4, 8, 10]
    assert same(plain, first) and same(plain, again)
    other = replace(QUICK, crop_size=32)
    changed = extract_faces(samples, other, cache=tmp_path / "kept")
    assert len(computed) == 30 and same(changed, extract_faces(samples, other))


def test_a_changed_removed_or_damaged_image_is_computed_again(computed, samples, tmp_path):
    import shutil

    folder = tmp_path / "images"
    folder.mkdir()
    for source in samples.sources:
        shutil.copy(source.path, folder)
    mine = read_dataset(folder)
    extract_faces(mine, QUICK, cache=tmp_path / "kept")
    one, other, gone = (mine.sources[i].path for i in (0, 5, 9))
    stamp = os.stat(one)
    shutil.copy(other, one)
    os.utime(one, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    os.unlink(gone)
    computed.clear()
    table = extract_faces(mine, QUICK, cache=tmp_path / "kept")
    assert sorted(computed) == sorted(
        s.path for s in (*mine.sources[:4], *mine.sources[8:])
    )
    assert same(table, extract_faces(mine, QUICK)) and len(table) == 10
    assert table.status[9] == "unreadable" and table.digests[0] == table.digests[5]


def test_damaged_chunks_are_computed_again_and_mended(samples, computed, tmp_path):
    plain = extract_faces(samples, QUICK, cache=tmp_path)
    chunks = sorted(tmp_path.glob("*/*.chunk"))
    assert len(chunks) == 3
    for path, size in zip(chunks, (0, 100, None), strict=True):
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(raw[:size])
    computed.clear()
    assert same(plain, extract_faces(samples, QUICK, cache=tmp_path))
    assert len(computed) == 10
    assert same(plain, extract_faces(samples, QUICK, cache=tmp_path))
    assert len(computed) == 10


def test_a_file_that_changes_while_it_is_read_is_kept_under_what_was_read(
    samples, monkeypatch, tmp_path
):
    some = samples.take([0])
    with monkeypatch.context() as patch:
        patch.setattr(faces_module, "_contents", lambda *_: ["what it was before"])
        extract_faces(some, QUICK, cache=tmp_path)
    store = open_cache(tmp_path, QUICK)
    assert store.load(store.key(["what it was before"])) is None
    assert store.load(store.key(faces_module._contents(some.sources, {})))


def test_a_want_of_memory_is_not_kept(samples, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:

        def fail(*_, **__):
            raise MemoryError

        patch.setattr(facerow, "read_photograph", fail)
        table = extract_faces(samples, QUICK, cache=tmp_path)
        assert set(table.errors) == {"not enough memory for this image"}
    assert usage(tmp_path) == (0, 0)
    assert extract_faces(samples, QUICK, cache=tmp_path).readable.all()


@pytest.fixture(params=["below a file", "read-only", "full"])
def unfit(request, tmp_path):
    """Folders that nothing can be kept in, and what the system says of them."""
    folder = tmp_path / "kept"
    if request.param == "below a file":
        (tmp_path / "file").write_text("")
        yield tmp_path / "file" / "kept", "Not a directory"
        return
    folder.mkdir()
    if getattr(os, "getuid", lambda: 1)() != 0:
        if request.param == "full":
            pytest.skip("only root can make a file system that is full")
        folder.chmod(0o500)
        yield folder, "Permission denied"
        folder.chmod(0o700)
        return
    option = "ro" if request.param == "read-only" else "size=8k"
    line = ["mount", "-t", "tmpfs", "-o", option, "none", folder]
    if subprocess.run(line, capture_output=True).returncode != 0:
        pytest.skip("this root may not mount a file system")
    yield folder, "Read-only file system" if option == "ro" else "No space left on device"
    subprocess.run(["umount", folder], check=True)


def test_a_folder_that_keeps_nothing_costs_one_warning(cli, unfit, demo_folder, tmp_path):
    folder, reason = unfit
    arguments = ("faces", demo_folder / "test", "--detector", "none", "-q")
    faces_to = [tmp_path / "one", tmp_path / "other"]
    assert cli(*arguments, "--out", faces_to[0], "--cache", "none")[0] == 0
    code, _, err = cli(*arguments, "--out", faces_to[1], "--cache", folder)
    assert code == 0
    lines = [line for line in err.splitlines() if "warning" in line]
    assert lines == [
        f"warning: Finished work cannot be kept in {folder}: {reason}. The run goes on "
        "without; free space, or name another folder (--cache DIR, or none)."
    ]
    assert_same_files(*faces_to)


def test_python_is_warned_once(samples, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="cannot be kept") as caught:
        extract_faces(samples, QUICK, cache=tmp_path / "file")
    assert len(caught) == 1


def assert_same_files(one, other):
    names = sorted(os.listdir(one))
    assert names == sorted(os.listdir(other)) and "crops.npy" in names
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


#: The command line with chunks of four images.
SMALL_CHUNKS = (
    "import sys; from fer_classic.faces import extract; extract.CHUNK = 4\n"
    "from fer_classic.cli import main; main()"
)


def start(*arguments):
    line = [sys.executable, "-c", SMALL_CHUNKS, "faces", *map(str, arguments)]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_continues_and_gives_the_same_bytes(
    cli, demo_folder, computed, monkeypatch, tmp_path
):
    monkeypatch.setattr(faces_module, "CHUNK", 4)
    arguments = (demo_folder / "train", "--detector", "none", "-q", "-j", 1)
    kept = tmp_path / "kept"
    run = start(*arguments, "--out", tmp_path / "killed", "--cache", kept)
    while usage(kept)[0] < 3 and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL and not (tmp_path / "killed").exists()
    done = len(list(kept.glob("*/*.chunk")))
    assert 3 <= done < 20
    code, _, err = cli("faces", *arguments, "--out", tmp_path / "killed", "--cache", kept)
    assert (code, len(computed)) == (0, 80 - 4 * done), err
    cli("faces", *arguments, "--out", tmp_path / "whole", "--cache", "none")
    assert_same_files(tmp_path / "killed", tmp_path / "whole")
    assert not list(tmp_path.glob(".killed*"))  # nor is anything left of the first


def test_two_runs_share_a_cache_at_once(cli, demo_folder, tmp_path):
    arguments = (demo_folder / "train", "--detector", "none", "-q", "-j", 1)
    shared = ("--cache", tmp_path / "kept")
    runs = [start(*arguments, "--out", tmp_path / name, *shared) for name in "ab"]
    for run in runs:
        assert run.communicate()[1] == b"80 images: 80 whole\n" and run.returncode == 0
    cli("faces", *arguments, "--out", tmp_path / "alone", "--cache", "none")
    assert_same_files(tmp_path / "a", tmp_path / "alone")
    assert_same_files(tmp_path / "b", tmp_path / "alone")
    assert usage(tmp_path / "kept")[0] == 20


@pytest.mark.parametrize(
    ("given", "environment", "default", "expected"),
    [
        (None, {"HOME": "/home/a"}, True, "/home/a/.cache/fer_classic"),
        (None, {"HOME": "/home/a", "XDG_CACHE_HOME": "/x"}, True, "/x/fer_classic"),
        (
            None,
            {"HOME": "/home/a", "XDG_CACHE_HOME": "x"},
            True,
            "/home/a/.cache/fer_classic",
        ),
        (None, {"HOME": "/home/a"}, False, None),
        (None, {}, True, None),
        (None, {"HOME": ""}, True, None),
        (None, {"FER_CLASSIC_CACHE": "/c", "HOME": "/home/a"}, False, "/c"),
        (None, {"FER_CLASSIC_CACHE": "none", "HOME": "/home/a"}, True, None),
        (None, {"FER_CLASSIC_CACHE": "", "HOME": "/home/a"}, False, None),
        ("/d", {"FER_CLASSIC_CACHE": "none"}, False, "/d"),
        ("none", {"FER_CLASSIC_CACHE": "/c", "HOME": "/home/a"}, True, None),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX systems")
def test_where_chunks_are_kept(monkeypatch, given, environment, default, expected):
    for name in ("FER_CLASSIC_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = cache_folder(given, default=default)
    assert (found and found.as_posix()) == expected


def test_run_faces_train_and_features_keep_work_and_predict_does_not(
    cli, demo_folder, model_folder, quick_file, own_cache, monkeypatch, tmp_path
):
    home = tmp_path / "home" / ".cache" / "fer_classic"
    monkeypatch.delenv("FER_CLASSIC_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    some = demo_folder / "test"
    quick = ("--settings", quick_file, "--detector", "none", "-q")
    assert cli("predict", some, "--model", model_folder, "-q")[0] == 0
    assert usage(home) == (0, 0)
    assert cli("faces", some, "--out", tmp_path / "f", "--detector", "none", "-q")[0] == 0
    assert usage(home)[0] == 1
    assert cli("train", some, "--out", tmp_path / "t", *quick)[0] == 0
    assert usage(home)[0] == 1  # the same images
    assert cli("features", some, "--out", tmp_path / "x", "-q")[0] == 0
    assert usage(home)[0] == 2
    assert cli("predict", some, "--model", model_folder, "-q", "--cache", own_cache)[0] == 0
    assert usage(own_cache)[0] == 1 and usage(home)[0] == 2


def test_the_doctor_tells_place_and_size(cli, monkeypatch, own_cache, samples):
    from fer_classic.demo.doctor import _cache

    extract_faces(samples, QUICK, cache=own_cache)
    assert _cache().startswith(f"3 chunks, 0 MB in {own_cache}; delete that folder")
    monkeypatch.setenv("FER_CLASSIC_CACHE", "none")
    assert _cache().startswith("off: FER_CLASSIC_CACHE says none")
