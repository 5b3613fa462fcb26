"""The picture of a film: a band for each face, its expressions over the seconds."""

import io
import warnings

import numpy as np

#: Bands at most: the faces that are seen longest.
MOST = 16
#: Steps of time in the picture, and what stands for too short to see.
STEPS = 1200
#: By expression; those that are no class of the model are left out.
COLOURS = {
    "anger": "#d1495b",
    "contempt": "#8d6a9f",
    "disgust": "#6a994e",
    "fear": "#7b5ea7",
    "happiness": "#f2b134",
    "neutral": "#c3c9d1",
    "sadness": "#4a7fb5",
    "surprise": "#36b39b",
}
OTHERS = ("#a1674a", "#5a5a5a", "#e07bb5")


class Timeline:
    """Means of probabilities in steps of time, for the faces that are shown.

    Parameters
    ----------
    tracks : list of int
        Their numbers.
    seconds : float
        Length of the film.
    n_classes : int
    """

    def __init__(self, tracks, seconds, n_classes):
        self.tracks = list(tracks)
        self.seconds = max(seconds, 1e-3)
        self.sums = np.zeros((len(self.tracks), STEPS, n_classes))
        self.counts = np.zeros((len(self.tracks), STEPS))
        self._before = 0.0

    def add(self, moment):
        """Count a frame, for as long as it is shown at most.

        Parameters
        ----------
        moment : Moment
        """
        last = self._step(moment.time)
        first = min(last, self._step(self._before) + 1)
        first = max(first, last - STEPS // 50)
        self._before = moment.time
        for face in moment.faces:
            if face.track in self.tracks:
                row = self.tracks.index(face.track)
                self.sums[row, first : last + 1] += face.probabilities
                self.counts[row, first : last + 1] += 1

    def means(self):
        """Mean probabilities, NaN where a face is not seen.

        Returns
        -------
        ndarray of float64, shape (tracks, STEPS, k)
        """
        known = self.counts[..., None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(known > 0, self.sums / known, np.nan)

    def _step(self, seconds):
        return min(STEPS - 1, int(seconds / self.seconds * STEPS))


def longest(summaries):
    """Numbers of the faces that get a band, in the order of their first seconds.

    Parameters
    ----------
    summaries : list of TrackSummary

    Returns
    -------
    list of int
    """
    chosen = sorted(summaries, key=lambda own: -own.seconds)[:MOST]
    return [own.track for own in sorted(chosen, key=lambda own: (own.first, own.track))]


def draw_timeline(timeline, class_names, portraits, title, left_out=0):
    """Draw the bands.

    Parameters
    ----------
    timeline : Timeline
    class_names : tuple of str
    portraits : dict of int to ndarray
        A picture of each track's face, where there is one.
    title : str
    left_out : int
        Faces that have no band.

    Returns
    -------
    bytes
        A PNG file.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    rows = max(1, len(timeline.tracks))
    colours = _colours(class_names)
    with (
        warnings.catch_warnings(),
        matplotlib.rc_context({"text.parse_math": False, "font.size": 10}),
    ):
        warnings.simplefilter("ignore")  # letters that its font lacks show as boxes
        figure = Figure(figsize=(12, 1.3 + 0.95 * rows), layout="constrained")
        grid = figure.subplots(rows, 2, width_ratios=(0.06, 1), squeeze=False)
        means = timeline.means()
        for row, axes in enumerate(grid):
            _portrait(axes[0], timeline, row, portraits)
            _band(axes[1], timeline, row, means, colours, last=row == rows - 1)
        figure.suptitle(title, fontsize=12)
        pairs = zip(class_names, colours, strict=True)
        figure.legend(
            handles=[Patch(color=colour, label=name) for name, colour in pairs],
            loc="outside lower center",
            ncols=len(class_names),
            frameon=False,
        )
        if left_out:
            told = f"seconds ({left_out} faces seen more briefly not shown)"
            grid[-1][1].set_xlabel(told)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()


def _portrait(axes, timeline, row, portraits):
    axes.set_axis_off()
    if row >= len(timeline.tracks):
        return
    track = timeline.tracks[row]
    if track in portraits:
        axes.imshow(portraits[track])
    axes.set_title(f"face {track}", fontsize=9, pad=2)


def _band(axes, timeline, row, means, colours, last):
    axes.set_xlim(0, timeline.seconds)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    if last:
        axes.set_xlabel("seconds")
    else:
        axes.tick_params(labelbottom=False)
    if row >= len(timeline.tracks):
        axes.text(0.5, 0.5, "no face in this film", ha="center", transform=axes.transAxes)
        return
    times = (np.arange(STEPS) + 0.5) / STEPS * timeline.seconds
    below = np.zeros(STEPS)
    seen = np.isfinite(means[row, :, 0])
    for code, colour in enumerate(colours):
        above = below + np.nan_to_num(means[row, :, code])
        axes.fill_between(times, below, above, where=seen, color=colour, step="mid", lw=0)
        below = above


def _colours(class_names):
    others = iter(OTHERS * len(class_names))
    return [COLOURS.get(name) or next(others) for name in class_names]
