"""What label each image has: from tables, its name and its folder."""

from collections import Counter
from pathlib import PurePosixPath

from fer_classic.data.labels import LARGEST_CODE


class Verdicts:
    """Decides the label of each row of a data set.

    Parameters
    ----------
    rows : list of dict
        Of :func:`fer_classic.data.find.find_images`.
    place : {"auto", "name", "folder", "none"}
    convention : Convention or None
    classes : ClassSet

    Attributes
    ----------
    notes : list of str
        What the user should know of how labels were read.
    """

    def __init__(self, rows, place, convention, classes):
        self._place, self._convention, self._classes = place, convention, classes
        self._opposed, self._known, self._numbered = [], {}, Counter()
        self.notes = self._check_codes(rows)
        paths = [r.get("readable", r["path"]) for r in rows if "expression" not in r]
        folders = {self._folder(path)[0] for path in paths}
        #: Whether several folders are named after classes: then they are what counts.
        self._sorted = len(folders - {None}) > 1
        self.decided = [self._shared(self._decide(row)) for row in rows]
        if self._opposed:
            self.notes.append(self._told_opposed(len(rows)))
        if len(self._numbered) > 1:
            self.notes.append(self._told_numbered())

    def _shared(self, verdict):
        """The few different verdicts are held once each."""
        return self._known.setdefault(verdict, verdict)

    def _check_codes(self, rows):
        """Refuse numbers that no class has, and tell what the others were taken for."""
        found = {}
        for row in rows:
            if "code" in row:
                found.setdefault(row["given"], set()).add(row["code"])
        if self._place == "none" or not found:  # nobody asks for labels, or has any
            return []
        from fer_classic.data.conventions import codes_of, outside_codes

        for origin, codes in found.items():
            if not all(0 <= code < len(self._classes) for code in codes):
                raise outside_codes(codes, self._classes, origin)
        own = codes_of(self._classes).told()
        return [
            f"{origin}: numbers are read as the codes of {own}; `labels` names others"
            for origin in found
        ]

    def _decide(self, row):
        """Code and problem; the code is -1 where there is a problem."""
        if row.get("problem"):
            return -1, row["problem"]
        if "code" in row:
            fine = 0 <= row["code"] < len(self._classes)
            return (row["code"], None) if fine else (-1, f"label {row['code']}")
        if "expression" in row:
            found = [row["expression"]] if row["expression"] else []
            return self._code(found, "no label")
        return self._of_path(row)

    def _code(self, found, nothing):
        if not found:
            return -1, nothing
        if len(found) > 1:
            return -1, f"two labels: {' and '.join(found)}"
        code = self._classes.code(found[0])
        return (code, None) if code is not None else (-1, f"class {found[0]}")

    def _of_path(self, row):
        """What name and folder say; never the name alone against a folder."""
        path = row.get("readable", row["path"])
        named = self._name(path)
        folder, unknown = self._folder(path)
        if folder is None:
            if not named and not unknown:
                self._count_numbered(path)
            return self._code(named, unknown or "no label")
        if named and folder not in named:
            if not self._sorted:
                said = " and ".join(named)
                return -1, f"name against folder: {said}, in a folder named {folder}"
            self._opposed.append(row["name"])
        return self._code([folder], "no label")

    def _name(self, path):
        """The expressions that a file name tells."""
        if self._place not in ("auto", "name"):
            return []
        stem = PurePosixPath(path).stem
        if self._convention is not None and self._convention.name is not None:
            found, _ = self._convention.of_name(stem)
            return [found] if found else []
        from fer_classic.data.spelling import expressions_in

        return expressions_in(stem)

    def _folder(self, path):
        """The expression of the nearest folder that has one, else why there is none."""
        if self._place not in ("auto", "folder"):
            return None, None
        from fer_classic.data.spelling import label_expression

        convention, unknown = self._convention, None
        if convention is not None and convention.name and self._name(path):
            return None, None  # the names of such a set tell all
        stem, parts = PurePosixPath(path).stem, []
        if convention is not None and convention.name and convention.name.search(stem):
            parts = stem.split("_")  # S005/001/S005_001_00000011.png: 001 is no label
        for folder in reversed(PurePosixPath(path).parts[:-1]):
            if folder in parts:
                continue
            if convention is not None and convention.knows(folder):
                found = convention.expression(folder)
                return found, f"{convention.title}'s {folder}: no expression"
            if found := label_expression(folder):
                return found, None
            if convention is not None and convention.codes and _is_code(folder):
                unknown = f"the folder {folder} is no code of {convention.title}"
            if unknown is None and self._is_near(folder):
                from fer_classic.data.manifest import unknown_label

                unknown = f"{unknown_label(folder)} as a folder"
        return None, unknown

    def _is_near(self, folder):
        """Whether the name of a folder seems to be meant as a label."""
        from fer_classic.data.conventions import whole_number
        from fer_classic.data.spelling import nearest_expression

        if whole_number(folder) is not None:
            return False
        return getattr(self, "_sorted", False) or nearest_expression(folder) is not None

    def _count_numbered(self, path):
        """Note a folder that may be named after the code of a class."""
        folder = PurePosixPath(path).parent.name
        if self._place in ("auto", "folder") and _is_code(folder):
            self._numbered[int(folder)] += 1

    def _told_numbered(self):
        from fer_classic.data.conventions import fitting

        named = fitting(self._numbered)
        own = " or ".join(f"`labels` {key}" for key in named or ["0=anger,1=happiness,…"])
        shown = ", ".join(map(str, sorted(self._numbered)))
        return (
            f"{sum(self._numbered.values())} image(s) without a label lie in folders named "
            f"{shown}: if these are codes of classes, say whose with {own}"
        )

    def _told_opposed(self, total):
        return (
            f"{len(self._opposed)} of {total} image(s) name another expression than their "
            f"folder does (for example {self._opposed[0]}): the folder counts; `labels` "
            "name takes the name"
        )

    def persons(self, rows):
        """Groups that the names of a known data set tell, or None for each row.

        Parameters
        ----------
        rows : list of dict

        Returns
        -------
        list of (str or None)
        """
        if self._convention is None or self._convention.name is None:
            return [None] * len(rows)
        stems = (PurePosixPath(row["path"]).stem for row in rows)
        return [self._convention.of_name(stem)[1] for stem in stems]


def _is_code(folder):
    """Whether the name of a folder may be the code of a class."""
    digits = folder.isascii() and folder.isdigit() and len(folder) <= 2
    return digits and int(folder) <= LARGEST_CODE


def most_common(problems):
    """Reasons and their numbers, the most frequent first.

    Parameters
    ----------
    problems : iterable of (str or None)

    Returns
    -------
    dict of str to int
    """
    return dict(Counter(own for own in problems if own).most_common())
