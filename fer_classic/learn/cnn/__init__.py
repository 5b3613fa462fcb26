"""A small convolutional network on the same crops, to compare with.

Only the modules of this package import torch, and none of them imports LightGBM.
"""
