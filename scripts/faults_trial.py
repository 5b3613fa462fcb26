"""One start of a command in folders of its own, and what it has to leave."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from everycommand import COMMANDS, OF_TORCH, contents, differences, is_hidden, prepare
from faults_loaded import Loaded

#: Seconds after which a start counts as hanging.
PATIENCE = 600
#: What no message of a command may hold.
NOISE = re.compile(r"Traceback|Warning: |Exception ignored|leaked|core dumped")
#: Bytes of the disks that are filled.
DISK = 1 << 26
#: What onnxruntime leaves in the temporary folder when it is stopped.
OF_OTHERS = (("tmp", ".ses"),)


@dataclass
class Try:
    """One start of a command in folders of its own, and another after the fault.

    Attributes
    ----------
    material : pathlib.Path
        What the command reads, and where it runs.
    root : pathlib.Path
        Holds ``disk/out`` (results), ``cache`` and ``tmp``.
    expected : dict
        What :func:`everycommand.contents` finds in an undisturbed run.
    usual : frozenset of str
        What that run leaves in the system's temporary folder: torch keeps a cache there.
    hit : bool
        Whether the fault stopped or changed the command, rather than came too late.
    """

    name: str
    material: Path
    root: Path
    expected: dict
    usual: frozenset = frozenset()
    words: str = ""
    wrong: list = field(default_factory=list)
    said: str = ""
    code: int = 0
    hit: bool = True
    reruns: int = 0

    def __post_init__(self):
        self.command = COMMANDS[self.name]
        self.out = self.root / "disk" / "out"
        self.cache, self.tmp = self.root / "cache", self.root / "tmp"
        for folder in (self.out, self.cache, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, words=None, jobs=1, limit=None):
        """Start the command in a session of its own, or another one's words.

        With one job in a process that has loaded the package already.
        """
        words = words or self.words or self.command.words
        self.began = time.monotonic()
        line = self.command.line(self.out, jobs, self.cache, words)
        if not words.startswith(self.name):  # another command, without these options
            line = [word.replace("OUT", str(self.out)) for word in words.split()]
        place = {"cwd": self.material, "env": os.environ | {"TMPDIR": str(self.tmp)}}
        if jobs == 1 and self.name not in OF_TORCH:
            return Loaded(line, **place, limit=limit)
        return subprocess.Popen(
            [sys.executable, "-m", "fer_classic.cli", *line],
            **place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=limit,
        )

    def end(self, process):
        """Wait for it, keep what it said, and see that no process outlives it."""
        _, self.said = process.communicate(timeout=PATIENCE)
        self.code = process.returncode
        end = time.monotonic() + 20
        while processes_of(process.pid) and time.monotonic() < end:
            time.sleep(0.02)
        if left := processes_of(process.pid):
            self.wrong.append(f"{len(left)} process(es) run on")
            for own in left:
                os.kill(own, signal.SIGKILL)

    def check(self, condition, told):
        """Note what is wrong."""
        if not condition:
            self.wrong.append(told)

    def look(self, *, killed=False):
        """Nothing half-written, and no temporary files beyond hidden ones of the killed."""
        for name, told in self.lacking().items():
            begun = (self.out / Path(name).parts[0]).exists()
            later = any(Path(name).match(own) for own in self.command.later)
            if told != "is missing" or (begun and not later):
                self.wrong.append(f"half-written: {name} {told}")
        left = [path.relative_to(self.root) for path in self.root.rglob("*")]
        left = [path for path in left if path.parts[:2] not in OF_OTHERS]
        hidden = [path for path in left if is_hidden(path)]
        shown = [p for p in left if p.parts[0] == "tmp" and len(p.parts) > 1]
        shown = [p for p in shown if not is_hidden(p) and p.parts[1] not in self.usual]
        shown += [] if killed else hidden
        self.check(not shown, f"left behind: {', '.join(map(str, shown[:3]))}")

    def lacking(self):
        """How the results differ from those of an undisturbed run."""
        return differences(contents(self.out), self.expected)

    def sentence(self, code, words):
        """The command ended with an exit code and one sentence that holds some words."""
        self.check(self.code == code, f"exit code {self.code}, expected {code}")
        told = [s for s in self.said.splitlines() if s.startswith("fer-classic: error: ")]
        self.check(len(told) == 1 and words in told[0], f"no sentence {words!r}: {told}")
        self.quiet()

    def quiet(self):
        """Neither a traceback nor a library's words."""
        if found := NOISE.search(self.said):
            self.wrong.append(f"noise: {found.group()} in {self.said[-300:]!r}")

    def again(self, jobs=1):
        """The same command once more gives what an undisturbed run gives.

        Where a command left nothing at all, that would be an undisturbed run.
        """
        left = any(any(own.iterdir()) for own in (self.out, self.cache, self.tmp))
        if left and (lacking := self.lacking()):
            self.reruns = 1
            follow = all(
                any(Path(n).match(own) for own in self.command.later) for n in lacking
            )
            words = self.command.then if follow else None
            self.end(self.start(words or None, jobs))
            self.check(self.code == 0, f"again: exit code {self.code}: {self.said[-200:]}")
            if lacking := self.lacking():
                name, told = next(iter(lacking.items()))
                self.wrong.append(f"again: {len(lacking)} file(s), {name} {told}")
        hidden = [p.name for p in self.out.rglob(".*")]
        self.check(not hidden, f"again: still there: {hidden[:2]}")


def processes_of(session, words=""):
    """Living processes of a session whose command line holds some words."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, own = (path / "stat").read_text().rsplit(") ", 1)[1].split()[:4]
            line = (path / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
        if int(own) == session and state != "Z" and words in line:
            found.append(int(path.name))
    return found


class Bench:
    """Makes the material and undisturbed runs, and starts tries.

    Parameters
    ----------
    folder : pathlib.Path
    names : list of str
        Commands to try.
    seed : int
    """

    def __init__(self, folder, names, seed):
        self.folder, self.names, self.random = folder, names, random.Random(seed)
        self.material = folder / "material"
        self.tries, self.expected, self.usual, self.times = [], {}, {}, {}

    def prepare(self):
        """Make what the commands read, and a result of each to compare with."""
        prepare(self.material, self._make, network="export" in self.names)
        for name in self.names:
            self._undisturbed(name)

    def _make(self, line):
        if line[0] in OF_TORCH:
            line = [sys.executable, "-m", "fer_classic.cli", *line]
            run = subprocess.Popen(line, cwd=self.material, stdout=subprocess.DEVNULL)
        else:
            run = Loaded(line, cwd=self.material, env=os.environ)
        _, said = run.communicate()
        assert run.returncode == 0, said

    def _undisturbed(self, name):
        """A run to compare with; when it began to write, and how long it took."""
        self.expected[name] = {}
        with self.trying(name, "none") as own:
            process = own.start()
            begun = wait_for_writing(process, own.out) - own.began
            own.end(process)
            self.times[name] = begun, time.monotonic() - own.began
            own.check(own.code == 0, f"exit code {own.code}: {own.said[-300:]}")
            own.quiet()
            self.expected[name] = own.expected = contents(own.out)
            self.usual[name] = frozenset(os.listdir(own.tmp))

    @contextmanager
    def trying(self, name, fault, material=None, words=""):
        """A Try whose folders go at the end, and whose result is noted."""
        root = Path(tempfile.mkdtemp(dir=self.folder))
        material = material or self.material
        usual = self.usual.get(name, frozenset())
        own = Try(name, material, root, self.expected[name], usual, words)
        try:
            yield own
        except subprocess.TimeoutExpired:
            own.wrong.append("hangs")
        finally:
            shutil.rmtree(root)
        told = {"command": name, "fault": fault, "wrong": own.wrong}
        told |= {"hit": own.hit, "run again": own.reruns}
        self.tries.append(told)
        print(f"{name}: {fault}: {'; '.join(own.wrong) or 'survived'}", file=sys.stderr)

    def wait(self, own, process, share, *, writing):
        """Sleep to a moment of a run: from its start, or from its first writing.

        Where the command ends before, its time is measured anew: the load has changed.
        """
        begun, whole = self.times[own.name]
        moment = share * whole
        if writing:
            first = wait_for_writing(process, own.out) - own.began
            moment = first + share * max(whole - begun, 0.001)
            begun = first
        while process.poll() is None and time.monotonic() - own.began < moment:
            time.sleep(0.001)
        if process.poll() is not None:
            self.times[own.name] = begun, time.monotonic() - own.began


def wait_for_writing(process, folder):
    """Wait until something lies in a folder, or the process ends; gives the time."""
    while process.poll() is None and not os.listdir(folder):
        time.sleep(0.001)
    return time.monotonic()


def wait_for_handler(process):
    """Wait until a process handles SIGTERM: before that it is Python that starts."""
    caught = 0
    while process.poll() is None and not caught >> (signal.SIGTERM - 1) & 1:
        told = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(re.search(r"SigCgt:\s*(\w+)", told).group(1), 16)
        time.sleep(0.001)


@contextmanager
def mounted(folder):
    """A small disk in memory, as root."""
    shutil.rmtree(folder)
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
    subprocess.run(line, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder, option):
    """Make a disk read-only ("ro"), or not ("rw")."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


def may_mount(folder):
    """Whether this user may mount a disk."""
    place = folder / "mount"
    place.mkdir()
    try:
        with mounted(place):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
