"""The report of a run: one page that a person can read, print and hand in."""

from fer_classic.report.material import MATERIAL, collect, save_material
from fer_classic.report.page import FORMATS, LANGUAGES, make_report

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "MATERIAL",
    "collect",
    "make_report",
    "save_material",
]
