"""Training crops made worse, as web photographs are: blurred, small, dark or bright."""

import numpy as np
from PIL import Image, ImageFilter

#: Standard deviation of the blur, share of the crop's side.
BLUR = (0.005, 0.035)
#: Side that a crop is reduced to before it is enlarged again, share of its own.
REDUCED = (0.22, 0.75)
#: Largest gamma, and largest 1 / gamma.
GAMMA = 6.0
#: Standard deviation of the noise in the dark, gray levels.
NOISE = 4.0


def degrade(crops, share, random_state=0):
    """Crops of which a share, drawn at random, is made worse in one of four ways.

    Blur (Gaussian), reduction and enlargement (box and bilinear filter), darkness (gamma
    above 1, with noise) and brightness (gamma below 1), each of a random strength.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    share : float
        From 0 to 1.
    random_state : int

    Returns
    -------
    ndarray of uint8, shape (n, S, S)
        A copy, but for a share of 0.
    """
    number = round(share * len(crops))
    if not number:
        return crops
    random = np.random.default_rng(random_state)
    made = np.array(crops)
    for row in np.sort(random.choice(len(crops), number, replace=False)):
        way = _WAYS[random.integers(len(_WAYS))]
        made[row] = way(made[row], random)
    return made


def bend(gray, gamma, noise=0.0):
    """Another light: ``255 * (gray / 255) ** gamma + noise``, rounded.

    Parameters
    ----------
    gray : ndarray of uint8
    gamma : float
        Above 1 darkens, below 1 brightens.
    noise : ndarray or float
        Gray levels.

    Returns
    -------
    ndarray of uint8
    """
    made = 255 * (gray / 255.0) ** gamma + noise
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def _blurred(crop, random):
    radius = random.uniform(*BLUR) * len(crop)
    return Image.fromarray(crop).filter(ImageFilter.GaussianBlur(radius))


def _reduced(crop, random):
    side = max(1, round(random.uniform(*REDUCED) * len(crop)))
    small = Image.fromarray(crop).resize((side, side), Image.Resampling.BOX)
    return small.resize((len(crop), len(crop)), Image.Resampling.BILINEAR)


def _dark(crop, random):
    return bend(crop, _gamma(random), random.normal(scale=NOISE, size=crop.shape))


def _bright(crop, random):
    return bend(crop, 1 / _gamma(random))


def _gamma(random):
    return np.exp(random.uniform(0, np.log(GAMMA)))


_WAYS = (_blurred, _reduced, _dark, _bright)
