"""What a section of the report is made of; templates turn it into HTML or Markdown."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    text : str
    shade : float or None
        From 0 to 1: colours the cell.
    bar : float or None
        From 0 to 1: draws a bar of that length.
    """

    text: str
    shade: float | None = None
    bar: float | None = None


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind = "text"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    lines: list
    kind = "points"


@dataclass(frozen=True)
class Missing:
    """Why something is not shown."""

    text: str
    kind = "missing"


@dataclass(frozen=True)
class Table:
    """Rows of str or Cell; the first column names the row."""

    header: list
    rows: list
    caption: str = ""
    note: str = ""
    kind = "table"


@dataclass(frozen=True)
class Charts:
    """Charts side by side.

    Attributes
    ----------
    charts : list of (str, str)
        SVG and caption.
    legend : list of (str, str, str)
        Colour, dashes ("" for a whole line) and name.
    """

    charts: list
    legend: list = field(default_factory=list)
    kind = "charts"


@dataclass(frozen=True)
class Picture:
    """One picture of a gallery.

    Attributes
    ----------
    source : str
        ``data:`` address.
    alt : str
    lines : list of str
        Below the picture.
    dots : str
        Landmarks as a path of SVG, in pixels of a square of ``side``.
    side : int
    """

    source: str
    alt: str
    lines: list = field(default_factory=list)
    dots: str = ""
    side: int = 64


@dataclass(frozen=True)
class Gallery:
    """Pictures with captions."""

    pictures: list
    title: str = ""
    note: str = ""
    large: bool = False
    kind = "gallery"


@dataclass(frozen=True)
class Section:
    """A section: its anchor, its title, what to look for, and its blocks."""

    key: str
    title: str
    lead: str
    blocks: list
