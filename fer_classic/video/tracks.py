"""Faces followed from frame to frame: found every few frames, tracked between."""

import numpy as np

from fer_classic.data.image import to_gray
from fer_classic.detect import Face
from fer_classic.errors import check_range, one_of
from fer_classic.faces.landmarks import detector_box
from fer_classic.faces.photograph import Photograph
from fer_classic.faces.row import face_row
from fer_classic.faces.settings import chosen_faces, large_enough
from fer_classic.video.looks import Looks, is_cut, small_picture
from fer_classic.video.smooth import FaceNow
from fer_classic.video.track import (
    Seen,
    Track,
    centre,
    outside,
    overlap,
    plausible,
    shifted,
)

#: "landmarks": the box around the 68 landmarks, located anew in each frame;
#: "correlation": dlib's correlation tracker (Danelljan et al. 2014).
TRACKERS = ("landmarks", "correlation")
#: Least peak-to-sidelobe ratio at which the correlation tracker is believed.
LEAST_PEAK = 6.0
#: Searches in a row in which a followed face may go unseen before it counts as lost.
MISSES = 3
#: A followed face that looks less like its track than this is lost at once.
LEAST_LIKENESS = 0.35
#: Two followed faces are one where their boxes overlap by more than this.
SAME = 0.5
#: What a match may cost at most; see :meth:`Tracker._cost`.
DEAREST = 1.6


def face_now(seen, probabilities):
    """What the tracker saw of a face, with the model's answer.

    Parameters
    ----------
    seen : Seen
    probabilities : ndarray of float64, shape (k,)

    Returns
    -------
    FaceNow
    """
    box, score = tuple(map(float, seen.row["box"])), float(seen.row["score"])
    return FaceNow(seen.track, seen.status, box, score, probabilities)


class Tracker:
    """Follows the faces of a film.

    Parameters
    ----------
    detector : object with ``detect``
    settings : FaceSettings
    every : int
        The detector searches each so many frames, and after a cut.
    how : {"landmarks", "correlation"}
        How faces are followed between.
    gap : float
        Seconds after which a face that comes back counts as another.
    """

    def __init__(self, detector, settings, *, every=8, how="landmarks", gap=2.0):
        check_range("every", every, 1, 1000, kind=int)
        check_range("gap", gap, 0, 60)
        self.detector = detector
        self.settings = settings
        self.every = every
        self.how = one_of(how, TRACKERS, "tracker")
        self.gap = gap
        self.tracks = []
        self.number = 0
        self._before = None

    def update(self, frame):
        """The faces of the next frame.

        Parameters
        ----------
        frame : Frame

        Returns
        -------
        list of Seen
            By number of the track.
        """
        gray = to_gray(frame.image)
        photograph = Photograph(frame.image, gray, gray.shape)
        picture = small_picture(gray)
        cut = self._before is not None and is_cut(self._before, picture)
        self._before = picture
        if cut:
            for track in self.tracks:
                track.lost = True
        self.tracks = [t for t in self.tracks if frame.time - t.time <= self.gap]
        searched = cut or frame.index % self.every == 0
        seen = self._search(frame, photograph, cut) if searched else []
        done = {own.track for own in seen}
        for track in self.tracks:
            if not track.lost and track.number not in done:
                seen += self._follow(track, frame, photograph, searched)
        self._part_doubles(seen)
        kept = [own for own in seen if not self._track(own.track).lost]
        return sorted(kept, key=lambda own: own.track)

    def _search(self, frame, photograph, cut):
        """Faces that the detector finds, given to tracks or to new ones."""
        faces = self.detector.detect(frame.image)
        faces = large_enough(faces, photograph.size, self.settings.min_size)
        rows = [face_row(photograph, [face], self.settings) for face in faces]
        looks = [Looks.of(row, frame.image) for row in rows]
        matches = self._matches(faces, looks, frame.time, cut)
        if self.settings.which != "all":
            only = self._only(faces, matches)
            for track in self.tracks:
                track.lost = track.lost or (
                    bool(only) and track is not matches.get(only[0])
                )
        else:
            only = range(len(faces))
        seen = []
        for i in only:
            face, row, track = faces[i], rows[i], matches.get(i)
            if track is None:
                self.number += 1
                track = Track(self.number, face, frame.time, looks=looks[i])
                self.tracks.append(track)
            else:
                self._move(track, face, frame.time, jump=cut or track.lost)
                track.looks.learn(looks[i])
            track.misses, track.lost = 0, False
            self._start(track, photograph.gray)
            seen.append(Seen(track.number, "found", row))
        return seen

    def _only(self, faces, matches):
        """The one face that counts: that which is followed already, or by the rule."""
        for i, track in matches.items():
            if not track.lost:
                return [i]
        return [faces.index(face) for face in chosen_faces(faces, self.settings.which)]

    def _matches(self, faces, looks, time, cut):
        """Tracks by the number of the face that goes on with them."""
        if not faces or not self.tracks:
            return {}
        from scipy.optimize import linear_sum_assignment

        costs = np.array(
            [
                [self._cost(track, face, own, time, cut) for track in self.tracks]
                for face, own in zip(faces, looks, strict=True)
            ]
        )
        pairs = zip(*linear_sum_assignment(np.minimum(costs, 1e3)), strict=True)
        return {i: self.tracks[k] for i, k in pairs if costs[i, k] <= DEAREST}

    def _cost(self, track, face, looks, time, cut):
        """How unlikely it is that a face goes on with a track.

        The distance in widths of a face from where it is expected, less what it may have
        moved while it was out of sight, and how unlike it looks. After a cut places say
        nothing.
        """
        unlike = 1 - track.looks.likeness(looks)
        if cut:
            return 4 * unlike + 0.6
        expected = shifted(track, time)
        width = (face.width + expected.width) / 2
        away = np.hypot(*np.subtract(centre(face), centre(expected))) / width
        if track.lost:
            unseen = time - track.time
            away = max(0.0, away - 0.5 - 2 * unseen) + 0.3
        ratio = abs(np.log(face.width / max(1.0, expected.width)))
        return float(away + ratio + 2 * unlike)

    def _follow(self, track, frame, photograph, searched):
        """Where a track's face is in a frame in which it was not found."""
        track.misses += searched
        expected = shifted(track, frame.time)
        if self.how == "correlation" and track.follower is not None and not searched:
            peak = track.follower.update(photograph.gray)
            place = track.follower.get_position()
            box = (place.left(), place.top(), place.width(), place.height())
            expected = Face(*map(float, box), track.box.score)
            track.lost = peak < LEAST_PEAK
        if track.misses >= MISSES or outside(expected, photograph.size):
            track.lost = True
        if track.lost:
            return []
        row = face_row(photograph, [expected], self.settings)
        if np.isfinite(row["points"]).all() and self.how == "landmarks":
            x, y, width, height = detector_box(row["points"]).box
            expected = Face(x, y, width, height, track.box.score)
            row["box"] = expected.box
        looks = Looks.of(row, frame.image)
        if track.looks.likeness(looks) < LEAST_LIKENESS or not plausible(track, expected):
            track.lost = True
            return []
        self._move(track, expected, frame.time)
        if searched:
            self._start(track, photograph.gray)
        return [Seen(track.number, "followed", row)]

    def _move(self, track, face, time, jump=False):
        passed = max(time - track.time, 1e-3)
        new = np.subtract(centre(face), centre(track.box)) / passed
        # Half of what was known: a detector's boxes tremble.
        speed = (0.0, 0.0) if jump else tuple(0.5 * new + 0.5 * np.array(track.speed))
        track.box, track.time, track.speed = face, time, tuple(map(float, speed))

    def _start(self, track, gray):
        if self.how == "correlation":
            import dlib

            track.follower = dlib.correlation_tracker()
            track.follower.start_track(gray, dlib.drectangle(*track.box.corners))

    def _part_doubles(self, seen):
        """Of two tracks on one face the one that was found, or is older, stays."""
        order = sorted(seen, key=lambda own: (own.status != "found", own.track))
        for i, one in enumerate(order):
            for other in order[:i]:
                track, older = self._track(one.track), self._track(other.track)
                if not older.lost and overlap(track.box, older.box) > SAME:
                    track.lost = True

    def _track(self, number):
        return next(track for track in self.tracks if track.number == number)

    def state(self):
        """All that the next search needs, as JSON types; not what follows between."""
        tracks = [track.to_dict() for track in self.tracks]
        before = None if self._before is None else self._before.tolist()
        return {"number": self.number, "tracks": tracks, "before": before}

    def restore(self, state):
        """Go on from what :meth:`state` gave; the next frame must be one of a search."""
        self.number = state["number"]
        self.tracks = [Track.from_dict(values) for values in state["tracks"]]
        before = state["before"]
        self._before = None if before is None else np.array(before, dtype=np.float32)
