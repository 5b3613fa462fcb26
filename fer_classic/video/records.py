"""What was seen in each frame, on disk as it is found: a killed run goes on from there."""

import json
import os
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.video.smooth import FaceNow, Moment

#: Of the format; another is begun anew.
VERSION = 1


class Records:
    """A folder with a line for each frame, and the state from which to go on.

    Parameters
    ----------
    folder : path-like
        It is made where it is missing.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows = self.folder / "frames.jsonl"
        self._state = self.folder / "state.json"

    def state(self):
        """What :meth:`keep` kept last.

        Returns
        -------
        dict or None
            None where nothing was kept, or what was is damaged.
        """
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            size = self.rows.stat().st_size
        except (OSError, ValueError, RecursionError):
            return None
        return state if isinstance(state, dict) and _is_sound(state, size) else None

    def begin(self, state):
        """Cut off what was written after a state, or all.

        Parameters
        ----------
        state : dict or None
        """
        with open(self.rows, "ab") as file:
            file.truncate(state["size"] if state else 0)
        if state is None:
            self._state.unlink(missing_ok=True)

    def add(self, moments):
        """Write frames.

        Parameters
        ----------
        moments : list of Moment
        """
        lines = "".join(json.dumps(_packed(own)) + "\n" for own in moments)
        try:
            with open(self.rows, "a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            raise FerClassicError(
                f"{self.rows} cannot be written: {error.strerror}. Free space, or name "
                "another folder with `cache`."
            ) from None

    def keep(self, **state):
        """Keep the state after all that was added.

        Parameters
        ----------
        **state
            JSON types.
        """
        state |= {"version": VERSION, "size": self.rows.stat().st_size}
        work = self._state.with_suffix(".new")
        work.write_text(json.dumps(state), encoding="utf-8")
        os.replace(work, self._state)

    def __iter__(self):
        with open(self.rows, "rb") as file:
            for line in file:
                try:
                    yield _unpacked(json.loads(line))
                except (ValueError, TypeError, RecursionError):
                    raise FerClassicError(
                        f"{self.rows} is damaged: remove {self.folder} and start again."
                    ) from None


def _is_sound(state, size):
    """Whether a state is one that was kept, and the frames that it tells of are there."""
    whole = all(type(state.get(key)) is int for key in ("size", "frames"))
    if not whole or not 0 <= state["size"] <= size or state.get("version") != VERSION:
        return False
    if state.get("done") is True:
        return isinstance(state.get("notes"), list)
    return state.get("done") is False and isinstance(state.get("tracker"), dict)


def _packed(moment):
    faces = [
        [f.track, f.status, [round(v, 2) for v in f.box], round(f.score, 4)]
        + [[round(float(p), 6) for p in f.probabilities]]
        for f in moment.faces
    ]
    return [moment.index, round(moment.time, 6), faces]


def _unpacked(values):
    index, time, faces = values
    return Moment(
        index,
        time,
        tuple(
            FaceNow(track, status, tuple(box), score, np.array(probabilities))
            for track, status, box, score, probabilities in faces
        ),
    )
