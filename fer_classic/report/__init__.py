"""The report of a run: one page that a person can read, print and hand in."""

from fer_classic.report.material import MATERIAL, collect, material_bytes
from fer_classic.report.page import FORMATS, make_report
from fer_classic.report.runfiles import check_run
from fer_classic.report.texts import LANGUAGES

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "MATERIAL",
    "check_run",
    "collect",
    "make_report",
    "material_bytes",
]
