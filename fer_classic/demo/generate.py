"""A synthetic demonstration set: portraits with moved landmarks, as photographs.

Each expression is a sum of facial action units; pose, light, scale, background and
noise vary, a few images show no face and a few show two.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from fer_classic.data.labels import FIVE
from fer_classic.demo.portraits import (
    ACTION_UNITS,
    displacement,
    polygon,
    read_portraits,
    warp,
)
from fer_classic.errors import FerClassicError, UsageError

#: What each expression is made of: {unit: weight}.
EXPRESSIONS = {
    "anger": {4: 1.1, 5: 0.3, 7: 0.7, 15: 0.4, 23: 1.2},
    "happiness": {6: 1.0, 12: 1.0, 25: 0.3},
    "neutral": {},
    "sadness": {1: 1.0, 4: 0.4, 15: 1.0, 17: 0.6},
    "surprise": {1: 1.0, 2: 1.0, 5: 1.0, 26: 1.0},
}
#: Shares in the order of the codes, beyond one image each: uneven, about 8 to 1.
SHARES = (0.043, 0.39, 0.30, 0.107, 0.16)
NO_FACE, SEVERAL_FACES = 0.03, 0.04
#: Colours of an open mouth and of the tongue in it.
MOUTH, TONGUE = (48, 18, 18), (128, 62, 60)
README = """\
This set is synthetic. fer_classic made it by warping public-domain portraits that come
with installed packages: {}.
A score on it shows that the programs run; it means nothing about real photographs.
"""


def write_demo(folder, *, train=240, test=80, seed=0):
    """Write the demonstration set: ``train`` and ``test`` with labels in file names.

    A few images show no face, or a second one, as in collections from the web.

    Parameters
    ----------
    folder : path-like
        A new or empty folder.
    train, test : int
        Number of images, at least 5 each: every expression occurs.
    seed : int
        The same seed gives the same files.

    Returns
    -------
    dict
        ``portraits``: names of those used; ``train`` and ``test``: number of images
        by expression; ``without_face`` and ``several_faces``: number of such images.

    Raises
    ------
    FerClassicError
        The folder holds something already.
    UsageError
        Fewer than 5 images are asked for.
    """
    folder = Path(folder)
    if min(train, test) < len(FIVE):
        raise UsageError(
            f"train and test must be at least {len(FIVE)}, one image of each "
            f"expression. Got {train} and {test} instead."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FerClassicError(
            f"{folder} is not an empty folder: name a new one for the demonstration "
            "set, or remove this one first."
        )
    portraits, rng = read_portraits(), np.random.default_rng(seed)
    summary = {"portraits": list(portraits), "without_face": 0, "several_faces": 0}
    for split, total in (("train", train), ("test", test)):
        (folder / split).mkdir(parents=True, exist_ok=True)
        counts = _class_sizes(total)
        empty, several = round(NO_FACE * total), round(SEVERAL_FACES * total)
        labels = rng.permutation(np.repeat(FIVE.names, counts))
        faces = np.repeat((0, 2, 1), (empty, several, total - empty - several))
        faces = rng.permutation(faces)  # number of faces in each image
        for i, label in enumerate(labels):
            image = _photograph(list(portraits.values()), str(label), faces[i], rng)
            ending = "png" if rng.random() < 0.06 else "jpg"
            path = folder / split / f"{label}_{i + 1:04d}.{ending}"
            image.save(path, quality=int(rng.integers(60, 96)))
        summary[split] = dict(zip(FIVE.names, counts.tolist(), strict=True))
        summary["without_face"] += empty
        summary["several_faces"] += several
    text = README.format(" and ".join(portraits))
    (folder / "README.txt").write_text(text, encoding="utf-8")
    return summary


def _class_sizes(total):
    """One image of each expression, the rest by share (largest remainders)."""
    quotas = np.array(SHARES) * (total - len(FIVE))
    counts = 1 + quotas.astype(int)
    by_remainder = np.argsort(np.floor(quotas) - quotas, kind="stable")
    counts[by_remainder[: total - counts.sum()]] += 1
    return counts


def _photograph(portraits, label, faces, rng):
    """One picture of the set: background, perhaps a second face, face, light."""
    several, first = faces == 2, int(rng.integers(len(portraits)))
    size = rng.integers(380, 421, 2) if several else rng.integers(240, 421, 2)
    canvas = _background(tuple(size.tolist()), rng, plain=bool(faces))
    width = min(rng.uniform(90, 220), 0.75 * size.min())
    spare = np.maximum(size - 1.35 * width, 0) / 2
    middle = size / 2 - (0, 0.19 * width) + spare * rng.uniform(-0.7, 0.7, 2)
    angle = rng.uniform(-15, 15)
    if several:
        width, middle, angle = rng.uniform(150, 175), size * (0.3, 0.42), angle / 3
        another = str(rng.choice([name for name in FIVE.names if name != label]))
        second, small = portraits[(first + 1) % len(portraits)], rng.uniform(85, 105)
        place, turn = size * (0.79, rng.uniform(0.33, 0.5)), rng.choice((-20, 20))
        canvas = _paste(canvas, second, another, small, place, turn, rng)
        # A little out of focus, so that detectors are surer of the main face.
        canvas = canvas.filter(ImageFilter.GaussianBlur(1.3))
    if faces:
        mask = 3 if several or rng.random() < 0.7 else 4
        main = portraits[first]
        canvas = _paste(canvas, main, label, width, middle, angle, rng, mask=mask)
    if rng.random() < 0.5:
        canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.4:
        canvas = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    return _light(canvas, rng)


def _paste(canvas, variants, label, width, middle, angle, rng, *, mask=3):
    """Lay a person over the canvas; ``width`` is that of dlib's box of the face."""
    weights = EXPRESSIONS[label].items()
    units = {unit: weight * rng.uniform(0.5, 1.2) for unit, weight in weights}
    for unit in ACTION_UNITS:  # no face is quite still
        if rng.random() < 0.2:
            units[unit] = units.get(unit, 0) + rng.uniform(0, 0.3)
    portrait = variants[int(label != "happiness" or rng.random() < 0.4)]
    if portrait.smiles:
        units[12] -= 0.9
    target = portrait.points + displacement(units, rng.uniform(-0.25, 0.25))
    target += rng.normal(0, 0.008, target.shape)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    lean = np.array([[rng.uniform(0.88, 1), rng.uniform(-0.08, 0.08)], [0, 1]])
    side = width / 2.4
    matrix = side * np.array([[cos, -sin], [sin, cos]]) @ lean
    pixels = portrait.pixels[[0, 1, 2, mask]]
    person = warp(pixels, portrait.points, target, canvas.size, matrix, middle)
    color = Image.merge("RGB", [Image.fromarray(band) for band in person[:3]])
    if not portrait.smiles:
        color = _open_mouth(color, target[60:68] @ matrix.T + middle, float(side))
    return Image.composite(color, canvas, Image.fromarray(person[3]))


def _open_mouth(image, lips, side):
    """Paint the inside of a mouth that opens: stretched lips would not look like it.

    ``lips`` are the eight points of the inner lips in pixels.
    """
    top, bottom = lips[[1, 2, 3]], lips[[7, 6, 5]]
    if np.linalg.norm(top - bottom, axis=1).mean() < 0.03 * side:
        return image
    low = [lips[7], *(0.3 * top + 0.7 * bottom), lips[5], lips[6]]
    tongue = polygon(image.size, low, 140)
    tongue = tongue.filter(ImageFilter.GaussianBlur(0.06 * side))
    color, dark = (Image.new("RGB", image.size, rgb) for rgb in (TONGUE, MOUTH))
    inside = polygon(image.size, lips).filter(ImageFilter.GaussianBlur(0.035 * side))
    return Image.composite(Image.composite(color, dark, tongue), image, inside)


@lru_cache(maxsize=1)
def _textures():
    from skimage import data

    pictures = (data.brick(), data.grass(), data.gravel(), data.coffee())
    return [Image.fromarray(picture).convert("RGB") for picture in pictures]


def _background(size, rng, *, plain):
    """Part of a photograph without a face; if plain, out of focus and under clouds."""
    picture, crop = _textures()[rng.integers(4)], int(rng.integers(200, 381))
    x, y = rng.integers((picture.width - crop, picture.height - crop)).tolist()
    picture = picture.resize(size, box=(x, y, x + crop, y + crop))
    color = Image.new("RGB", size, tuple(rng.integers(20, 236, 3).tolist()))
    if not plain:
        return Image.blend(picture, color, rng.uniform(0, 0.4))
    clouds = rng.integers(0, 256, (*rng.integers(2, 7, 2), 3), dtype=np.uint8)
    clouds = Image.fromarray(clouds).resize(size, Image.Resampling.BICUBIC)
    color = Image.blend(color, clouds, rng.uniform(0.05, 0.5))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(1, 4)))
    return Image.blend(color, picture, rng.choice((0, rng.uniform(0.3, 0.7))))


def _light(image, rng):
    """Change gamma, contrast, the light's direction and colour; add noise."""
    pixels = np.asarray(image, dtype=np.float32) / 255
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in pixels.shape[:2])
    slope = rng.uniform(-0.3, 0.3, 2).astype(np.float32)
    shade = 1 + slope[0] * x[None, :, None] + slope[1] * y[:, None, None]
    warmth = rng.uniform(0.92, 1.08, 3).astype(np.float32)
    pixels = pixels ** np.float32(np.exp(rng.uniform(-0.4, 0.4))) * shade * warmth
    pixels = 0.5 + rng.uniform(0.7, 1.15) * (pixels - 0.5) + rng.uniform(-0.06, 0.06)
    pixels += rng.uniform(0, 0.03) * rng.standard_normal(pixels.shape, dtype=np.float32)
    lit = Image.fromarray((255 * np.clip(pixels, 0, 1)).astype(np.uint8))
    return lit.convert("L") if rng.random() < 0.12 else lit
