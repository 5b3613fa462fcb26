"""Coverage-guided fuzzing of everything that reads files of strangers.

    python scripts/fuzz.py [TARGET ...] [--seconds 30] [--runs N] [--seed N] [--jobs 1]
        [--out DIR]

Every target (all by default) runs in a process of its own, with at most 1 GB of memory and
10 s an input, and writes to a temporary folder only. One table is printed, and written to
DIR/fuzz.json; inputs that crash are kept in DIR/crashes, those that found new paths in
DIR/corpus, from which a later run with the same DIR goes on. The exit status is 1 where
something crashed. Needs the extra "fuzz" (Linux on x86-64).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from functools import lru_cache, partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from random import Random

from fuzz_mutate import as_utf_8, changed_json

MEMORY_MB, TIMEOUT_S = 1024, 10
#: One of so many inputs of text is left in whatever encoding it has by chance.
OTHER_ENCODINGS = 16
#: Instrumented for coverage: paths through them guide the search.
WATCHED = ["fer_classic", "PIL", "tomllib"]
#: Compiled by numba, which reads the bytecode itself.
COMPILED = [
    f"fer_classic.{name}"
    for name in (
        *("faces._warp", "faces._forest"),
        *("learn._products", "learn._halves", "learn._trees"),
        *("features._kernels", "features._descriptors"),
    )
]
#: Run for each letter, and slow where watched: only for the targets that are about them.
LETTERS = ["fer_classic.data.encodings", "fer_classic.data.spelling"]
#: Events of the interpreter that change something, with the arguments that are paths.
CHANGES = {
    **{f"os.{name}": (0,) for name in ("mkdir", "remove", "rmdir", "truncate", "chmod")},
    **{f"os.{name}": (0, 1) for name in ("rename", "link", "symlink")},
}
FORBIDDEN = ("pickle.find_class", "subprocess.Popen", "os.system", "socket.connect")


class Escape(BaseException):
    """Something was done outside the folder; no ``except Exception`` hides it."""


_inside = None


def _watch(event, arguments):
    if _inside is None:
        return
    if event == "open":
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR) or set(mode or "") & set("wax+")
        if writes and not isinstance(path, int) and not _is_inside(path):
            raise Escape(f"{event} of {path!r}")
    elif event in FORBIDDEN:
        raise Escape(f"{event}{arguments}")
    elif event in CHANGES:
        _is_inside.cache_clear()  # a path may lead elsewhere from now on
        for path in [arguments[i] for i in CHANGES[event]]:
            if not _is_inside.__wrapped__(path):
                raise Escape(f"{event} of {path!r}")


@lru_cache(maxsize=1 << 10)
def _is_inside(path):
    real = os.path.realpath(os.fsdecode(path))
    return real.startswith((str(_inside), os.devnull))


@contextmanager
def only_inside(folder):
    """Raise :class:`Escape` for whatever the block changes outside a folder.

    Parameters
    ----------
    folder : pathlib.Path
    """
    global _inside
    if not hasattr(sys, "_fer_classic_watch"):
        sys.addaudithook(_watch)
        sys._fer_classic_watch = True
    _inside = folder.resolve()
    _is_inside.cache_clear()
    try:
        yield
    finally:
        _inside = None


def fuzz_one(name, folder, arguments):
    """Fuzz one target in this process, which libFuzzer ends.

    Parameters
    ----------
    name : str
    folder : pathlib.Path
        To write into.
    arguments : list of str
        For libFuzzer.
    """
    import atheris

    unwatched = COMPILED if name in ("text", "names") else COMPILED + LETTERS
    with atheris.instrument_imports(include=WATCHED, exclude=unwatched):
        from fuzz_targets import TARGETS, accepts

        target = TARGETS[name]
        for seed in target.seeds():  # whatever is imported or compiled late is so now
            accepts(target.check, seed, folder)
    warnings.simplefilter("error")  # users are told in sentences only

    def once(data):
        accepts(target.check, data, folder)

    def mutate(data, limit, seed):
        made = changed_json(data, Random(seed)) if seed % 2 else None
        if made is None or len(made) > limit:
            made = atheris.Mutate(data, limit)
        return as_utf_8(made) if target.text and seed % OTHER_ENCODINGS else made

    atheris.Setup([sys.argv[0], *arguments], once, custom_mutator=mutate)
    with only_inside(folder):
        atheris.Fuzz()


def fuzz(name, out, seconds, runs, seed=0):
    """Fuzz one target in a process of its own.

    Parameters
    ----------
    name : str
    out : pathlib.Path
    seconds : int
    runs : int
        Most inputs; -1 for no limit.
    seed : int
        Of what is tried; 0 for another each time.

    Returns
    -------
    dict
        target, executions, seconds, per_second, edges, peak_mb, crashes.
    """
    from fuzz_targets import TARGETS

    corpus, crashes = out / "corpus" / name, out / "crashes" / name
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = TARGETS[name].seeds()
    for number, content in enumerate(seeds):
        (corpus / f"seed-{number:02d}").write_bytes(content)
    before, start = set(crashes.iterdir()), time.monotonic()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # far quicker
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory) as own:
        line = [sys.executable, "-B", __file__, name, "--in", own, str(corpus)]
        line += [f"-max_total_time={seconds}", f"-runs={runs}", f"-seed={seed}"]
        line += [f"-timeout={TIMEOUT_S}"]
        line += [f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={crashes}/"]
        line += [f"-max_len={2 * max(map(len, seeds)) + 1000}", "-len_control=0"]
        done = subprocess.run(
            [*line, "-print_final_stats=1"],
            cwd=own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"FER_CLASSIC_CACHE": "none", "OMP_NUM_THREADS": "1"},
        )
    spent, log = time.monotonic() - start, done.stdout.decode("utf-8", "replace")
    (out / f"{name}.log").write_text(log, encoding="utf-8")
    number = int(_last(r"number_of_executed_units: (\d+)", log))
    return {
        "target": name,
        "executions": number,
        "seconds": round(spent, 1),
        "per_second": round(number / spent),
        "edges": int(_last(r"cov: (\d+)", log)),
        "peak_mb": int(_last(r"peak_rss_mb: +(\d+)", log)),
        "crashes": sorted(own.name for own in set(crashes.iterdir()) - before),
        "status": done.returncode,
    }


def _last(pattern, text):
    return (re.findall(pattern, text) or [0])[-1]


def _print_row(row):
    print(
        f"{row['target']:<20} {row['executions']:>10,}  {row['seconds']:>7}  "
        f"{row['per_second']:>10,}  {row['edges']:>5}  {row['peak_mb']:>7}  "
        f"{len(row['crashes'])}",
        flush=True,
    )


def _print_end_of_log(out, name):
    log = out / f"{name}.log"
    lines = log.read_text("utf-8").splitlines()[-30:]
    print(f"{name} failed, from {log}:", *lines, sep="\n", file=sys.stderr, flush=True)


def main():
    """Run what the command line says."""
    if "--in" in sys.argv:
        name, _, own, *arguments = sys.argv[1:]
        return fuzz_one(name, Path(own), arguments)
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("--runs", type=int, default=-1, help="most inputs of each target")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time")
    parser.add_argument("--seed", type=int, default=0, help="0: another each time")
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    options = parser.parse_args()
    if unknown := set(options.targets) - TARGETS.keys():
        parser.error(
            f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}"
        )
    rows, out = [], options.out.absolute()
    given = {"seconds": options.seconds, "runs": options.runs, "seed": options.seed}
    one = partial(fuzz, out=out, **given)
    print("target               executions  seconds  per second  edges  peak MB  crashes")
    with ThreadPool(options.jobs) as pool:
        for row in pool.imap(one, options.targets or TARGETS):
            rows.append(row)
            _print_row(row)
            if row["status"]:
                _print_end_of_log(out, row["target"])
    (out / "fuzz.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return int(any(row["status"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
