"""The networks, by name: each reads gray faces and gives a logit for each class."""

import torch
from torch import nn
from torch.nn import functional as F


def _convolution(inputs, outputs, stride=1, kernel=3):
    """Convolution, batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Attention(nn.Module):
    """Channels weighed by what the whole face shows (Hu et al., CVPR 2018)."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        weights = F.relu(self.squeeze(x.mean(dim=(2, 3))))
        return x * torch.sigmoid(self.excite(weights))[:, :, None, None]


class _Residual(nn.Module):
    """Two convolutions beside a shortcut (He et al., CVPR 2016); may halve the side."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.first = _convolution(inputs, outputs, stride)
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.attention = _Attention(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x):
        return F.relu(self.attention(self.second(self.first(x))) + self.shortcut(x))


class _Separable(nn.Module):
    """Two depthwise separable convolutions, pooling and a shortcut, as in Xception."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.first = self._separable(inputs, outputs)
        self.second = self._separable(outputs, outputs)
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, 2, bias=False), nn.BatchNorm2d(outputs)
        )

    @staticmethod
    def _separable(inputs, outputs):
        return nn.Sequential(
            nn.Conv2d(inputs, inputs, 3, 1, 1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x):
        own = self.second(F.relu(self.first(x)))
        return F.max_pool2d(own, 3, 2, 1) + self.shortcut(x)


def _residual(n_classes):
    return nn.Sequential(
        _convolution(1, 16),
        _convolution(16, 32, 2),
        _Residual(32, 64, 2),
        _Residual(64, 128, 2),
        _Residual(128, 128),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(128, n_classes),
    )


def _mini(n_classes):
    return nn.Sequential(
        _convolution(1, 8),
        _convolution(8, 8),
        *(_Separable(2**n, 2 ** (n + 1)) for n in range(3, 7)),
        nn.Conv2d(128, n_classes, 3, 1, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


_LAYERS = {"default": _residual, "mini": _mini}


class Network(nn.Module):
    """A network with all that belongs before it: reduction and even light.

    Parameters
    ----------
    name : {"default", "mini"}
        "default" is a residual network with squeeze-and-excitation; "mini" is
        mini-Xception (Arriaga et al. 2017, arXiv:1710.07557).
    n_classes : int
    size : int
        Side in pixels to which a face is reduced.
    """

    def __init__(self, name, n_classes, size):
        super().__init__()
        self.size, self.n_classes = size, n_classes
        self.layers = _LAYERS[name](n_classes)

    def forward(self, faces):
        """Logits of whole crops.

        Parameters
        ----------
        faces : Tensor of float, shape (n, 1, S, S)
            Gray values from 0 to 255.

        Returns
        -------
        Tensor of float, shape (n, k)
        """
        side = (self.size, self.size)
        return self.logits(F.interpolate(faces, side, mode="bilinear", align_corners=False))

    def logits(self, views):
        """Logits of faces that are reduced already.

        Parameters
        ----------
        views : Tensor of float, shape (n, 1, size, size)
            Gray values; each face is brought to mean 0 and standard deviation 1.

        Returns
        -------
        Tensor of float, shape (n, k)
        """
        mean = views.mean(dim=(1, 2, 3), keepdim=True)
        centred = views - mean
        spread = (centred * centred).mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return self.layers(centred / (spread + 1.0))
