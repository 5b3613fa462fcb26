"""OpenMP is told to let its threads sleep before it is loaded."""

import os
import subprocess
import sys

import pytest

LOADED = """
import os
from fer_classic.learn.boost import boost
import numpy as np
X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
boost(X, np.arange(60) % 3, np.ones(60), {}, 2)
print(os.environ["OMP_WAIT_POLICY"])
"""


@pytest.mark.parametrize(("given", "policy"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_sleep_unless_the_user_says_otherwise(given, policy):
    variables = {key: own for key, own in os.environ.items() if key != "OMP_WAIT_POLICY"}
    variables |= {"OMP_NUM_THREADS": "1"} | ({"OMP_WAIT_POLICY": given} if given else {})
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env=variables, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, policy + "\n"), done.stderr
