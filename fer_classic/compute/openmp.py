"""Threads of OpenMP that sleep where they wait for each other."""

import os


def sleep_while_waiting():
    """Let OpenMP's threads sleep while they wait, unless the user says otherwise.

    By default a thread that waits keeps its core busy. LightGBM's wait for each other at
    every split: where other programs use the cores, the one that is waited for does not
    get to run, and training takes more than ten times as long. OpenMP reads this when it is
    loaded, and so it is said before.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def load_lightgbm():
    """LightGBM, its threads patient.

    Returns
    -------
    module
    """
    sleep_while_waiting()
    import lightgbm

    return lightgbm
