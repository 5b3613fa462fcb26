"""A package that answers in a process of its own, which may die, hang or babble."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

import fer_classic
from fer_classic.submissions.peers import tools

#: Seconds in which a package must be loaded; the first time, many download their weights.
LOAD_LIMIT = 900
#: One thread each, so that milliseconds can be compared.
_THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NUMBA_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS"),
)
#: What would lead another Python to the packages of this one.
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


class Unusable(Exception):
    """A package that cannot be loaded; the message says why."""


class Died(Exception):
    """The process ended or was ended within a question; the message says how."""


class ToolProcess:
    """A package, loaded in a process of its own.

    Parameters
    ----------
    tool : str
        Of :data:`fer_classic.submissions.peers.tools.TOOLS`.
    model : str or None
    python : str or None
        The Python that holds the package; None for this one.
    log : path-like
        File to which is added what the package prints.
    load_limit : float
        Seconds.

    Attributes
    ----------
    facts : dict
        version (None where unknown), load_s and peak_mb.

    Raises
    ------
    Unusable
        It cannot be imported or loaded.
    """

    def __init__(self, tool, model, python, log, load_limit=LOAD_LIMIT):
        arguments = [python or sys.executable, tools.__file__, tool]
        with open(log, "ab") as file:
            try:
                self._process = subprocess.Popen(
                    arguments + ([model] if model else []),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=file,
                    env=_environment(python),
                    start_new_session=True,
                )
            except OSError as error:
                raise Unusable(f"{python} cannot be run: {error.strerror}") from None
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.facts = self._next(load_limit)
        except Died as error:
            raise Unusable(f"{error} while it was loaded; see {log}") from None
        if reason := self.facts.get("missing"):
            self.end()
            raise Unusable(f"it cannot be imported by {arguments[0]}: {reason}")
        if reason := self.facts.get("broken"):
            self.end()
            raise Unusable(f"it cannot be loaded: {reason}")

    def ask(self, path, limit):
        """What the package says of one photograph.

        Parameters
        ----------
        path : path-like
        limit : float
            Seconds.

        Returns
        -------
        dict
            faces and ms, or error; and peak_mb.

        Raises
        ------
        Died
        """
        try:
            self._process.stdin.write(json.dumps(str(path)).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # it is dead already: the next line says how
            pass
        return self._next(limit)

    def end(self):
        """End the process, and those that it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except AttributeError:  # Windows
            self._process.kill()
        except OSError:
            pass
        self._process.wait()

    def _read(self):
        for line in self._process.stdout:
            try:
                told = json.loads(line)
            except ValueError:  # not ours
                continue
            if isinstance(told, dict):
                self._lines.put(told)
        self._lines.put(None)

    def _next(self, limit):
        """The next answer."""
        try:
            told = self._lines.get(timeout=limit)
        except queue.Empty:
            self.end()
            raise Died(f"no answer within {limit:g} s") from None
        if told is None:
            self.end()
            code = self._process.returncode
            raise Died(f"it crashed ({_signal(-code) if code < 0 else f'exit {code}'})")
        return told


def _signal(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _environment(python):
    own = dict(os.environ) | dict.fromkeys(_THREADS, "1")
    own |= {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONIOENCODING": "utf-8"}
    if python is not None:
        return {key: value for key, value in own.items() if key not in _OURS}
    # So that a checkout that is not installed is found.
    found = str(Path(fer_classic.__file__).parents[1])
    own["PYTHONPATH"] = os.pathsep.join(filter(None, [own.get("PYTHONPATH"), found]))
    return own
