"""Which faces of a picture count: the surest, the largest or all that are large enough."""

from fer_classic.errors import UsageError, one_of

#: The contest's rule first.
WHICH = ("best", "largest", "all")


def chosen_faces(faces, which):
    """The faces that become rows.

    Parameters
    ----------
    faces : list of Face
        The most confident first.
    which : {"best", "largest", "all"}

    Returns
    -------
    list of Face
        The most confident first; empty only where ``faces`` is.
    """
    one_of(which, WHICH, "which")
    if which == "all" or not faces:
        return list(faces)
    if which == "largest":
        return [max(faces, key=lambda face: face.width * face.height)]
    return [faces[0]]


def large_enough(faces, shape, min_size):
    """The faces that are not smaller than a share of the picture.

    Parameters
    ----------
    faces : list of Face
    shape : tuple of int
        Height and width of the picture.
    min_size : float
        As in FaceSettings. Detectors see to sizes in pixels themselves.

    Returns
    -------
    list of Face
    """
    if not 0 < min_size < 1:
        return faces
    least = min_size * min(shape[:2])
    return [face for face in faces if min(face.width, face.height) >= least]


def least_face(text):
    """A least size of faces, as users write it: pixels, or a share of the picture.

    Parameters
    ----------
    text : str
        Such as "40" (pixels), "0.1" or "10%" (of the picture's shorter side).

    Returns
    -------
    float
        As ``min_size`` of FaceSettings.

    Raises
    ------
    UsageError
        It is neither.
    """
    plain = str(text).strip()
    try:
        value = float(plain.removesuffix("%"))
    except ValueError:
        value = -1.0
    if plain.endswith("%"):
        value = value / 100 if 0 <= value < 100 else -1.0
    if not 0 <= value <= 100_000:
        raise UsageError(
            f"The least size of a face must be in pixels, such as 40, or a share of the "
            f"picture's shorter side, such as 0.1 or 10%. Got {text!r} instead."
        )
    return value


def row_name(name, number, which):
    """Name of a face's row.

    Parameters
    ----------
    name : str
        Of the image.
    number : int or None
        Of the face, from 1, the most confident first; None where none was found.
    which : {"best", "largest", "all"}

    Returns
    -------
    str
        ``photo.jpg#1`` where all faces are rows, else the image's own name.
    """
    return f"{name}#{number}" if which == "all" and number else name


def rows_by_image(table):
    """Rows of each image of a face table, in order.

    Parameters
    ----------
    table : FaceTable

    Returns
    -------
    list of range
    """
    images, start = [], 0
    while start < len(table):
        every = table.settings.which == "all" and table.status[start] == "face"
        stop = start + (int(table.n_faces[start]) if every else 1)
        images.append(range(start, stop))
        start = stop
    return images
