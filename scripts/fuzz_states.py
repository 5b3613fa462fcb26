"""Readers of files that a program goes on from: journals, films, models to start from."""

import json
from contextlib import closing
from types import SimpleNamespace

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.faces.forest import read_forest
from fer_classic.model.startfile import load_start
from fer_classic.page.filmrun import FilmRun
from fer_classic.page.journal import HEAD, Journal
from fer_classic.video.records import Records
from fer_classic.video.smooth import FaceNow, Moment

#: What a journal of no decision holds.
EMPTY = (json.dumps(HEAD) + "\n").encode()


def check_journal(data, folder):
    """Nothing but a half line is lost, and a decision is kept and can be taken back."""
    path = folder / "labels.jsonl"
    path.write_bytes(data)
    try:
        opened = Journal(path)
    except FerClassicError:
        assert path.read_bytes() == data, "what is refused was changed"
        raise
    with closing(opened) as journal:
        kept = path.read_bytes()
        lost = data.removeprefix(kept)
        cut_off = data.startswith(kept) and b"\n" not in lost
        assert cut_off or (kept == EMPTY and EMPTY.startswith(data)), lost
        number = len(journal.entries)
        assert kept.count(b"\n") == number + 1
        pictures = {tuple(own) for entry in journal.entries for own in entry["pictures"]}
        before = {own: journal.decision(*own) for own in pictures}
        assert all(own.number > 0 for own in before.values()), before
        mine = "a.jpg", "0" * 64
        old = journal.decision(*mine)
        journal.decide([mine], "label", "anger", seen=[old.number], window="w")
        assert journal.decision(*mine).label == "anger"
        face = [1, 2, 30, 40]
        seen = [journal.decision(*mine).number]
        journal.decide([mine], "face", face, seen=seen, window="w")
    with closing(Journal(path)) as journal:
        assert journal.decision(*mine).face == tuple(face)
        assert journal.undo("w") == journal.undo("w") == [mine]
        again = {own: journal.decision(*own) for own in pictures - {mine}}
        assert again == {own: before[own] for own in again}
        new = journal.decision(*mine)
        assert vars(new) == vars(old) | {"number": number + 4}, new
    assert path.read_bytes().startswith(kept)


def check_frames(data, folder):
    """Frames in order, and of each face numbers that can be drawn and written."""
    (folder / "film.json").write_text('{"film": {"name": "x.mp4", "rate": 25}}')
    (folder / "frames.csv").write_bytes(data)
    run = FilmRun(folder)
    run.load()
    told = run.told()
    assert len(told["times"]) == len(run) > 0 and told["times"] == sorted(told["times"])
    json.dumps(told, allow_nan=False)
    for position in range(len(run)):
        frame = run.at(position)
        assert all(len(f["probabilities"]) == len(run.classes) for f in frame["faces"])
        json.dumps(frame, allow_nan=False)


def check_film_state(data, folder):
    """A state that is not whole is none, and what follows a state is cut off."""
    state, _, rows = data.partition(b"\n\n")
    records = Records(folder / "kept")
    (records.folder / "state.json").write_bytes(state)
    records.rows.write_bytes(rows)
    state = records.state()
    records.begin(state)
    size = records.rows.stat().st_size
    assert size == (state["size"] if state else 0)
    moments = list(records)
    records.add([Moment(7, 0.5, (FaceNow(1, "found", (1, 2, 3, 4), 0.5, np.ones(2)),))])
    records.keep(done=True, notes=[], frames=8)
    assert records.state()["frames"] == 8
    assert len(list(records)) == len(moments) + 1 and records.state()["size"] > size


def check_start(data, folder):
    """Digests, hashes and scores of the number that the experts have."""
    (folder / "start.npz").write_bytes(data)
    ridge = SimpleNamespace(columns_=np.zeros((3, 6)), step_=np.ones(2))
    found = load_start(folder, [SimpleNamespace(ridge=ridge)] * 2, 5)
    assert len(found) == 6 and found.digests.dtype == np.uint8
    assert found.digests.shape == (6, 16) and found.hashes.shape == (6, 32)
    assert found.scores.shape == (2, 6, 5) and np.isfinite(found.scores).all()


def check_forest(data, folder):
    """Landmarks of a file that is read are numbers, wherever the face is."""
    (folder / "l.dat").write_bytes(data)
    forest = read_forest(folder / "l.dat")
    patch = np.arange(900, dtype=np.uint8).reshape(30, 30)
    for low, high in ((3, 20), (-9, 60)):
        points = forest._locate(patch, float(low), float(high - low))
        assert points.shape == forest.mean.shape and not np.isnan(points).any()
