"""Faces changed at random, many at once, on the device where they lie."""

import math

import torch
from torch.nn import functional as F

#: Largest shift (share of the side), turn (degrees), and change of scale (a factor).
SHIFT, TURN, SCALE = 0.05, 10.0, 1.1
#: Largest gamma and change of contrast (factors).
GAMMA, CONTRAST = 1.4, 1.3
#: Share of the faces of which a rectangle is erased; its sides, as shares of the face's.
ERASED, SIDES = 0.25, (0.15, 0.4)


def random_views(crops, size, generator):
    """Mirror, shift, turn, scale, light and erase; one resampling for all geometry.

    Parameters
    ----------
    crops : Tensor of uint8, shape (n, S, S)
    size : int
        Side of the result in pixels.
    generator : torch.Generator
        On the device of ``crops``.

    Returns
    -------
    Tensor of float32, shape (n, 1, size, size)
        Gray values from 0 to 255.
    """

    def uniform(low, high):
        drawn = torch.rand(len(crops), generator=generator, device=crops.device)
        return low + (high - low) * drawn

    views = _moved(crops.unsqueeze(1).float() / 255, size, uniform)
    return _erased(_relit(views, uniform), uniform) * 255


def _moved(faces, size, uniform):
    angle = uniform(-1, 1) * math.radians(TURN)
    scale = torch.exp(uniform(-1, 1) * math.log(SCALE))
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    # Places in the crop run from -1 to 1: a shift by a share of the side is twice that.
    right, down = uniform(-2 * SHIFT, 2 * SHIFT), uniform(-2 * SHIFT, 2 * SHIFT)
    rows = [cosine * mirror, -sine, right, sine * mirror, cosine, down]
    maps = torch.stack(rows, dim=1).reshape(-1, 2, 3)
    grid = F.affine_grid(maps, (len(faces), 1, size, size), align_corners=False)
    return F.grid_sample(faces, grid, padding_mode="border", align_corners=False)


def _relit(views, uniform):
    gamma = torch.exp(uniform(-1, 1) * math.log(GAMMA))[:, None, None, None]
    contrast = torch.exp(uniform(-1, 1) * math.log(CONTRAST))[:, None, None, None]
    bright = views.clamp(1e-4, 1) ** gamma
    mean = bright.mean(dim=(1, 2, 3), keepdim=True)
    return ((bright - mean) * contrast + mean).clamp(0, 1)


def _erased(views, uniform):
    size = views.shape[-1]
    places = (torch.arange(size, device=views.device) + 0.5) / size
    inside = []
    for _ in range(2):  # along x, along y
        length = uniform(*SIDES)
        start = uniform(0, 1) * (1 - length)
        after = places[None] - start[:, None]
        inside.append((after >= 0) & (after < length[:, None]))
    box = inside[0][:, None, None, :] & inside[1][:, None, :, None]
    chosen = (uniform(0, 1) < ERASED)[:, None, None, None]
    return torch.where(box & chosen, views.mean(dim=(1, 2, 3), keepdim=True), views)
