"""Commands in copies of a process that has loaded the package: they start at once."""

import os
import subprocess
import sys
import tempfile
import time
import traceback

# Whatever the commands load, but for torch: that never comes beside LightGBM.
import dlib  # noqa: F401
import joblib  # noqa: F401
import lightgbm  # noqa: F401
import matplotlib.figure  # noqa: F401
import skimage.data  # noqa: F401

import fer_classic.ablation.run
import fer_classic.demo.generate
import fer_classic.detectbench.train_detector
import fer_classic.detectbench.train_landmarks
import fer_classic.faces.draw
import fer_classic.model.explain_picture
import fer_classic.model.train
import fer_classic.report
import fer_classic.submissions.compare  # noqa: F401
from fer_classic.cli import main


class Loaded:
    """A command that runs; what is used of ``subprocess.Popen``.

    Parameters
    ----------
    line : list of str
        Arguments of ``fer-classic``.
    cwd : path-like
    env : dict
    limit : callable, optional
        Called before the command.
    """

    def __init__(self, line, cwd, env, limit=None):
        self.returncode = None
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._run(line, cwd, env, limit)
        while os.getsid(self.pid) != self.pid and self.poll() is None:
            time.sleep(0.001)

    def _run(self, line, cwd, env, limit):
        code = 1
        try:
            os.setsid()
            os.chdir(cwd)
            os.environ.update(env)
            tempfile.tempdir = None
            os.dup2(self._said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.argv = ["fer-classic", *line]
            if limit:
                limit()
            main()
            code = 0
        except SystemExit as done:
            code = done.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def poll(self):
        """The exit code, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def communicate(self, timeout=600):
        """Wait for the end; None, and what it said on stderr."""
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("fer-classic", timeout)
            time.sleep(0.005)
        self._said.seek(0)
        return None, self._said.read()
