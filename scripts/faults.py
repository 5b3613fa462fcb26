"""What a command leaves when it is killed, starved or given images that change.

    python scripts/faults.py --out runs/faults

Starts every command that writes (scripts/everycommand.py) again and again, does something
to it, and looks: no result that is half-written under its own name, a sentence and an exit
code where the command could still speak, no temporary files; and the same command, given
again, ends with the bytes of a run that nothing happened to. Prints a table, writes
faults.json, and exits with 1 if anything failed. Linux only; as root it also fills disks.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from everycommand import COMMANDS, contents, differences, is_hidden, prepare
from faultyimages import change_images, rows_of

#: Seconds after which a start counts as hanging.
PATIENCE = 600
#: What no message of a command may hold.
NOISE = re.compile(r"Traceback|Warning: |Exception ignored|leaked|core dumped")
#: Commands that take images, whose rows are compared after the images changed.
OF_IMAGES = ("faces", "features", "predict", "run")


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
    """

    name: str
    material: Path
    root: Path
    expected: dict
    words: str = ""
    wrong: list = field(default_factory=list)
    said: str = ""
    code: int = 0
    reruns: int = 0

    def __post_init__(self):
        self.command = COMMANDS[self.name]
        self.out = self.root / "disk" / "out"
        self.cache, self.tmp = self.root / "cache", self.root / "tmp"
        for folder in (self.out, self.cache, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, words=None, jobs=1, **options):
        """Start the command in a session of its own."""
        words = words or self.words or None
        line = self.command.line(self.out, jobs, self.cache, words)
        if words and not words.startswith(self.name):  # another command
            line = [word.replace("OUT", str(self.out)) for word in words.split()]
        return subprocess.Popen(
            [sys.executable, "-m", "fer_classic.cli", *line],
            cwd=self.material,
            env=os.environ | {"TMPDIR": str(self.tmp)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
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
        hidden = [path for path in left if is_hidden(path)]
        shown = [p for p in left if p.parts[0] == "tmp" and len(p.parts) > 1]
        shown = [p for p in shown if not is_hidden(p)] + ([] if killed else hidden)
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
        self.tries, self.expected, self.times = [], {}, {}
        prepare(self.material, self._make)
        for name in names:
            self._undisturbed(name)

    def _make(self, line):
        line = [sys.executable, "-m", "fer_classic.cli", *line]
        subprocess.run(line, cwd=self.material, check=True, stdout=subprocess.DEVNULL)

    def _undisturbed(self, name):
        """Two runs that must agree; when the first began to write, and how long it took."""
        self.expected[name] = {}
        with self.trying(name, "none") as own:
            start = time.monotonic()
            process = own.start()
            begun = wait_for_writing(process, own.out) - start
            own.end(process)
            self.times[name] = begun, time.monotonic() - start
            own.check(own.code == 0, f"exit code {own.code}: {own.said[-300:]}")
            self.expected[name] = own.expected = contents(own.out)
        with self.trying(name, "none") as own:
            own.end(own.start())
            own.check(not own.lacking(), f"differs: {list(own.lacking().items())[:2]}")
            own.quiet()

    @contextmanager
    def trying(self, name, fault, material=None, words=""):
        """A Try whose folders go at the end, and whose result is noted."""
        root = Path(tempfile.mkdtemp(dir=self.folder))
        material = material or self.material
        own = Try(name, material, root, self.expected[name], words)
        try:
            yield own
        except subprocess.TimeoutExpired:
            own.wrong.append("hangs")
        finally:
            shutil.rmtree(root)
        told = {"command": name, "fault": fault, "wrong": own.wrong}
        told |= {"code": own.code, "run again": own.reruns}
        self.tries.append(told)
        print(f"{name}: {fault}: {'; '.join(own.wrong) or 'survived'}", file=sys.stderr)

    def wait(self, own, process, share, *, writing):
        """Sleep to a moment of a run: from its start, or from its first writing."""
        begun, whole = self.times[own.name]
        if writing:
            wait_for_writing(process, own.out)
            time.sleep(share * max(whole - begun, 0.05))
        else:
            time.sleep(share * whole)


def wait_for_writing(process, folder):
    """Wait until something lies in a folder, or the process ends; gives the time."""
    while process.poll() is None and not os.listdir(folder):
        time.sleep(0.001)
    return time.monotonic()


# The faults: each starts a command, disturbs it, and looks.


def kill(bench, name, share, number):
    """SIGKILL: of all processes, or (every third) of the first alone."""
    with bench.trying(name, "kill") as own:
        process = own.start()
        bench.wait(own, process, share, writing=number % 2)
        (os.kill if number % 3 == 2 else os.killpg)(process.pid, signal.SIGKILL)
        own.end(process)
        own.look(killed=True)
        own.again()


def interrupt(bench, name, number):
    """SIGINT to all processes, as Ctrl-C does; SIGTERM to the first."""
    for kind, send in ((signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)):
        with bench.trying(name, kind.name) as own:
            process = own.start(jobs=2)
            # Before that it is Python that starts, and not yet this program.
            time.sleep(0.3)
            bench.wait(own, process, bench.random.uniform(0, 0.8), writing=number % 2)
            if process.poll() is None:
                send(process.pid, kind)
            own.end(process)
            if own.code != 0 or "interrupted" in own.said:  # else it was done already
                own.sentence(128 + kind, "interrupted")
            own.look()
            own.again()


def small_files(bench, name):
    """No file may be larger than half of the largest result (RLIMIT_FSIZE)."""
    with bench.trying(name, "file size limit") as own:
        most = max(map(len, own.expected.values())) // 2
        limit = resource.RLIMIT_FSIZE, (most, most)
        own.end(own.start(preexec_fn=lambda: resource.setrlimit(*limit)))
        _refused(own, "File too large")
        own.again()


def full_disk(bench, name):
    """The disk of the results holds a part of them only."""
    size = sum(-(-len(data) // 4096) for data in bench.expected[name].values())
    for share in (0.0, bench.random.uniform(0.3, 0.95)):
        with bench.trying(name, "full disk") as own, mounted(own.out.parent):
            own.out.mkdir()
            filler = own.out.parent / "filler"
            with open(filler, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, DISK - 4096 * int(share * size))
            own.end(own.start())
            _refused(own, "No space left on device")
            filler.unlink()
            own.again()


def read_only(bench, name):
    """The disk of the results cannot be written."""
    with bench.trying(name, "read-only disk") as own, mounted(own.out.parent):
        own.out.mkdir()
        remount(own.out.parent, "ro")
        own.end(own.start())
        own.sentence(1, "Read-only file system")
        remount(own.out.parent, "rw")
        own.look()
        own.again()


def bad_cache(bench, name):
    """The cache's disk is full, or cannot be written: the results are whole."""
    if not COMMANDS[name].cache or name == "detector score":
        return
    for option in ("full", "ro"):
        with bench.trying(name, f"cache: {option}") as own, mounted(own.cache):
            if option == "full":
                with open(own.cache / "filler", "wb") as file:
                    os.posix_fallocate(file.fileno(), 0, DISK - 4096)
            else:
                remount(own.cache, "ro")
            own.end(own.start())
            own.check(own.code == 0, f"exit code {own.code}: {own.said[-300:]}")
            own.check(not own.lacking(), f"differs: {list(own.lacking())[:2]}")
            own.quiet()


def _refused(own, words):
    """It said why it could not write, or lacks what follows a result and said so."""
    lacking = own.lacking()
    if own.code == 0 and "no report" in own.said:
        own.check(set(lacking) == set(own.command.later), f"lacks {list(lacking)[:2]}")
        own.quiet()
    elif lacking or own.code:  # a page may hold more than was thought
        own.sentence(1, words)
    own.look()


def changing_images(bench, name, number):
    """Images are cut short, replaced and deleted while a command reads them."""
    for kind in ("folder", "zip"):
        material = Path(tempfile.mkdtemp(dir=bench.folder)) / "material"
        shutil.copytree(bench.material, material)
        words = COMMANDS[name].words
        if kind == "zip":
            shutil.make_archive(material / "test", "zip", material / "test")
            words = re.sub(r"(?<= )test(?= )", "test.zip", words)
        with bench.trying(name, f"changed {kind}", material, words) as own:
            process = own.start(jobs=2)
            time.sleep(bench.random.uniform(0.2, 1) * bench.times[name][0])
            touched = change_images(material, kind, bench.random)
            own.end(process)
            own.quiet()
            if own.code:
                own.sentence(1, "could be read")
                own.look()
                continue
            rows, known = rows_of(name, own.out), rows_of(name, own.expected)
            own.check([*rows] == [*known], "rows are missing, or stand in another order")
            for image, row in rows.items():
                right = row == known[image] or row == "unreadable"
                if kind == "folder" and image in touched:
                    continue
                own.check(right, f"the row of {image} is of another image")
        shutil.rmtree(material.parent)


def killed_worker(bench, name):
    """One of two worker processes is killed."""
    if not COMMANDS[name].jobs:
        return
    with bench.trying(name, "killed worker") as own:
        process = own.start(jobs=2)
        workers = []
        while process.poll() is None and not workers:
            workers = processes_of(process.pid, "loky.backend.popen_loky")
            time.sleep(0.01)
        time.sleep(bench.random.uniform(0, 0.5) * bench.times[name][0])
        for worker in processes_of(process.pid, "loky.backend.popen_loky")[:1]:
            os.kill(worker, signal.SIGKILL)
        own.end(process)
        if own.code:
            own.sentence(1, "worker process was killed")
        own.quiet()
        own.look()
        own.again()


#: Bytes of the disks that are filled.
DISK = 1 << 26


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


def all_faults(bench, kills, chosen):
    """Do everything to every command."""
    order = [bench.names[i % len(bench.names)] for i in range(max(kills, len(bench.names)))]
    done = dict.fromkeys(bench.names, 0)
    for name in order if "kill" in chosen else ():
        share = (done[name] + bench.random.random()) / order.count(name)
        kill(bench, name, share, done[name])
        done[name] += 1
    disks = may_mount(bench.folder)
    if not disks:
        print("skipped: full and read-only disks: only root makes them", file=sys.stderr)
    for number, name in enumerate(bench.names):
        if "interrupt" in chosen:
            interrupt(bench, name, number)
        if "disk" in chosen:
            small_files(bench, name)
            for fault in (full_disk, read_only, bad_cache) if disks else ():
                fault(bench, name)
        if "images" in chosen and name in OF_IMAGES:
            changing_images(bench, name, number)
        if "worker" in chosen:
            killed_worker(bench, name)


def table(tries):
    """Markdown: tries and survivors of each command and fault."""
    header = ("command", "fault", "tries", "run again", "survived", "what went wrong")
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    keys = dict.fromkeys((own["command"], own["fault"]) for own in tries)
    for key in sorted(keys):
        own = [one for one in tries if (one["command"], one["fault"]) == key]
        wrong = [told for one in own for told in one["wrong"]]
        survived = sum(not one["wrong"] for one in own)
        again = sum(one["run again"] for one in own)
        cells = [*key, len(own), again, survived, wrong[0] if wrong else ""]
        lines.append(f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def main():
    """Parse, try, tell."""
    faults = ("kill", "interrupt", "disk", "images", "worker")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs in sum")
    parser.add_argument("--commands", nargs="+", default=[*COMMANDS], choices=[*COMMANDS])
    parser.add_argument("--faults", nargs="+", default=faults, choices=faults)
    parser.add_argument("--out", type=Path, help="folder for faults.json")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        bench = Bench(work, given.commands, given.seed)
        all_faults(bench, given.kills, given.faults)
    finally:
        shutil.rmtree(work)
    print(table(bench.tries))
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        told = {"seed": given.seed, "times": bench.times, "tries": bench.tries}
        (given.out / "faults.json").write_text(json.dumps(told, indent=1) + "\n")
    failed = sum(bool(own["wrong"]) for own in bench.tries)
    print(f"{len(bench.tries)} tries, {failed} failed", file=sys.stderr)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
