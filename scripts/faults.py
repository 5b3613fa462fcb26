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
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from functools import wraps
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from everycommand import COMMANDS, OF_TORCH
from faults_images import change_images, rows_of
from faults_trial import (
    DISK,
    Bench,
    may_mount,
    mounted,
    processes_of,
    remount,
    wait_for_handler,
)

#: Starts, at most, until a signal finds its command running.
ATTEMPTS = 5
#: Commands that take images, whose rows are compared after the images changed.
OF_IMAGES = ("faces", "features", "predict", "run")


# The faults: each starts a command, disturbs it, and looks.


def until_hit(fault):
    """Try again where the command had ended before it was disturbed, a few times."""

    @wraps(fault)
    def repeated(*arguments):
        for _ in range(ATTEMPTS):
            if fault(*arguments).hit:
                break

    return repeated


@until_hit
def kill(bench, name, share, number):
    """SIGKILL: of all processes, or (every third) of the first alone."""
    with bench.trying(name, "kill") as own:
        process = own.start()
        bench.wait(own, process, share, writing=number % 2)
        if process.poll() is None:
            (os.kill if number % 3 == 2 else os.killpg)(process.pid, signal.SIGKILL)
        own.end(process)
        own.hit = own.code != 0
        own.look(killed=True)
        own.again()
    return own


@until_hit
def interrupt(bench, name, kind, number):
    """SIGINT to all processes, as Ctrl-C does; SIGTERM to the first."""
    with bench.trying(name, kind.name) as own:
        process = own.start()
        wait_for_handler(process)
        bench.wait(own, process, bench.random.uniform(0, 0.8), writing=number % 2)
        if process.poll() is None:
            (os.killpg if kind == signal.SIGINT else os.kill)(process.pid, kind)
        own.end(process)
        # Python takes the handlers down at its very end, when all is written.
        done = own.code in (0, -kind) and not own.lacking()
        own.hit = own.code != 0
        if not done or "interrupted" in own.said:
            own.sentence(128 + kind, "interrupted")
        own.look()
        own.again()
    return own


def small_files(bench, name):
    """No file may be larger than half of the largest result (RLIMIT_FSIZE)."""
    with bench.trying(name, "file size limit") as own:
        most = max(map(len, own.expected.values())) // 2
        limit = resource.RLIMIT_FSIZE, (most, most)
        own.end(own.start(limit=lambda: resource.setrlimit(*limit)))
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
    own.hit = bool(lacking or own.code)  # a page may hold more than was thought
    if own.code == 0 and "no report" in own.said:
        own.check(set(lacking) == set(own.command.later), f"lacks {list(lacking)[:2]}")
        own.quiet()
    elif own.hit:
        own.sentence(1, words)
    own.look()


def changing_images(bench, name, kind):
    """Images are cut short, replaced and deleted while a command reads them."""
    material = Path(tempfile.mkdtemp(dir=bench.folder)) / "material"
    shutil.copytree(bench.material, material)
    # A template would ask for the images that are deleted before they are listed.
    words = COMMANDS[name].words.replace("--template template.json", "")
    if kind == "zip":
        shutil.make_archive(material / "test", "zip", material / "test")
        words = re.sub(r"(?<= )test(?= )", "test.zip", words)
    with bench.trying(name, f"changed {kind}", material, words) as own:
        process = own.start()
        bench.wait(own, process, bench.random.uniform(0.3, 0.9), writing=False)
        own.hit = process.poll() is None
        changed, gone = change_images(material, kind, bench.random)
        own.end(process)
        if own.code:  # before the images were listed
            own.sentence(own.code, "")
            own.check(own.code in (1, 2), f"exit code {own.code}")
            own.look()
        else:
            own.quiet()
            _compare_rows(own, rows_of(name, own.out), changed, gone)
    shutil.rmtree(material.parent)


def _compare_rows(own, rows, changed, gone):
    """Each image has its row; those of other images than the changed ones are the same."""
    known = rows_of(own.name, own.expected)
    named = [image for image in known if image in rows or image not in gone]
    own.check([*rows] == named, "rows are missing, or stand in another order")
    for image, row in rows.items():
        right = row == known.get(image) or image in changed
        if image in gone or "zip" in own.words:
            right |= row == "unreadable"
        own.check(right, f"the row of {image} is of another image")


@until_hit
def killed_worker(bench, name):
    """One of two worker processes is killed."""
    with bench.trying(name, "killed worker") as own:
        process = own.start(jobs=2)
        workers = []
        while process.poll() is None and not workers:
            workers = processes_of(process.pid, "loky.backend.popen_loky")
            time.sleep(0.01)
        time.sleep(bench.random.uniform(0, 0.5) * bench.times[name][0])
        workers = processes_of(process.pid, "loky.backend.popen_loky")[:1]
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        own.end(process)
        own.hit = bool(workers)
        if own.code:
            own.sentence(1, "worker process was killed")
        own.quiet()
        own.look()
        own.again()
    return own


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
            for kind in (signal.SIGINT, signal.SIGTERM):
                interrupt(bench, name, kind, number)
        if "disk" in chosen:
            small_files(bench, name)
            for fault in (full_disk, read_only, bad_cache) if disks else ():
                fault(bench, name)
        if "images" in chosen and name in OF_IMAGES:
            for kind in ("folder", "zip"):
                changing_images(bench, name, kind)
        # The bytes of torch's depend on --jobs.
        if "worker" in chosen and COMMANDS[name].jobs and name not in OF_TORCH:
            killed_worker(bench, name)


def table(tries):
    """Markdown: tries and survivors of each command and fault; "hit": not too late."""
    header = ("command", "fault", "tries", "hit", "run again", "survived", "went wrong")
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    keys = dict.fromkeys((own["command"], own["fault"]) for own in tries)
    for key in sorted(keys):
        own = [one for one in tries if (one["command"], one["fault"]) == key]
        wrong = [told for one in own for told in one["wrong"]]
        survived = sum(not one["wrong"] for one in own)
        hit, again = (sum(one[kind] for one in own) for kind in ("hit", "run again"))
        cells = [*key, len(own), hit, again, survived, wrong[0] if wrong else ""]
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
    # Also in the background, where shells let programs ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work = Path(tempfile.mkdtemp(prefix="faults-"))
    bench = Bench(work, given.commands, given.seed)
    try:
        bench.prepare()
        all_faults(bench, given.kills, given.faults)
    finally:  # what was found counts, should this be stopped
        shutil.rmtree(work)
        print(table(bench.tries), flush=True)
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            told = {"seed": given.seed, "times": bench.times, "tries": bench.tries}
            (given.out / "faults.json").write_text(json.dumps(told, indent=1) + "\n")
    failed = sum(bool(own["wrong"]) for own in bench.tries)
    print(f"{len(bench.tries)} tries, {failed} failed", file=sys.stderr)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
