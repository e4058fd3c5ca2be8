"""Jobs in processes that have too little of something, and how each of them ends.

    python tests/faults/limited.py memory|descriptors|threads|rights [JOB ...]

Prints for each process a line of JSON: the job, the limit, and "done", the error, or
the signal that ended it.  Each job gets more and more until it is done.
W2VFAST_FAULTS=5 takes five times as many steps of memory.  Linux only: elsewhere these
limits have no effect.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from functools import partial
from pathlib import Path

# NumPy's OpenBLAS waits for ever for threads that the system does not start.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from w2vfast import KeyedVectors, LineSentence, Phrases, Word2Vec, save_map_page

MB = 1 << 20
SECONDS = 60  # before a job counts as a hang
DENSITY = float(os.environ.get("W2VFAST_FAULTS", "1"))
NOBODY = 65534
SMALL = {"vector_size": 30, "min_count": 1, "epochs": 1, "progress": False}
FORMATS = ("v.txt", "v.txt.gz", "v.bin", "v.npz", "v.safetensors", "v.parquet", "v")
EXTRAS = {"v.safetensors": "safetensors", "v.parquet": "pyarrow"}

# ---------------------------------------------------------------------------
# Jobs
# ---------------------------------------------------------------------------


def text_lines():
    """Lines of many words, most of them rare, so that the vocabulary needs memory."""
    rng = np.random.default_rng(3)
    words = np.minimum(rng.zipf(1.2, (4000, 12)), 10**6)
    return [[f"w{word}" for word in line] for line in words.tolist()]


class Jobs:
    """What may be run under a limit: a name and a function, which writes to `out`."""

    def __init__(self, folder):
        self.given, self.out = folder / "given", folder / "out"
        self.given.mkdir()
        self.out.mkdir()
        self.lines = text_lines()
        self.text = self.given / "text"
        self.text.write_text("".join(" ".join(line) + "\n" for line in self.lines))
        self.model = Word2Vec(self.lines, workers=1, **SMALL)
        self.model.save(self.given / "model")
        self.formats = [name for name in FORMATS if is_installed(name)]
        for name in self.formats:
            self.model.wv.save(self.given / name)
            KeyedVectors.load(self.given / name)  # imports what a limit would forbid
        save_map_page(self.given / "map.html", self.model.wv)

    def train(self, text=None, **changes):
        Word2Vec(text or self.lines, **{**SMALL, "workers": 2, **changes})

    def all(self):
        """Return all jobs by name."""
        file, out, wv = LineSentence(self.text), self.out, self.model.wv
        jobs = {
            "train": lambda: self.train(file),
            "train on lists": lambda: self.train(),
            "exact": lambda: self.train(file, mode="exact", workers=1),
            "deterministic": lambda: self.train(file, deterministic=True),
            "hierarchical softmax": lambda: self.train(hs=1, negative=0),
            "on disk": lambda: self.train(file, memory_limit=1000, cache_dir=out),
            "checkpoints": lambda: self.train(
                checkpoint=out / f"c{os.getpid()}", checkpoint_every="20kwords"
            ),
            "phrases": lambda: Phrases(file, min_count=1).save(out / "phrases"),
            "vocabulary file": lambda: self.model.save_vocab(out / "vocab"),
            "map": lambda: save_map_page(out / "map.html", wv),
            "save model": lambda: self.model.save(out / "model"),
            "load model": lambda: Word2Vec.load(self.given / "model"),
        }
        for name in self.formats:
            jobs[f"load {name}"] = partial(KeyedVectors.load, self.given / name)
            jobs[f"save {name}"] = partial(wv.save, out / name)
        return jobs


def is_installed(name):
    try:
        __import__(EXTRAS.get(name, "sys"))
    except ImportError:
        return False
    return True


# ---------------------------------------------------------------------------
# Limits: for each step, what a process is given
# ---------------------------------------------------------------------------


def memory():
    """Yield what may be added to the address space [MB]."""
    yield 0.0
    size = 0.3
    while size < 1000:
        yield size
        size *= 1.7 ** (1 / DENSITY)


def limit_memory(extra):
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used + int(extra * MB)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_descriptors(n_free):
    limit = 0
    while n_free > 0 or is_open(limit):
        n_free -= not is_open(limit)
        limit += 1
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def is_open(descriptor):
    with contextlib.suppress(OSError):
        os.fstat(descriptor)
        return True
    return False


def limit_threads(n):
    resource.setrlimit(resource.RLIMIT_NPROC, (1 + n, 1 + n))
    become_nobody()


def limit_rights(step):
    del step
    become_nobody()


def become_nobody():
    """Root ignores permissions and the limit of processes."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


LIMITS = {
    "memory": (memory, limit_memory),
    "descriptors": (lambda: range(20), limit_descriptors),
    "threads": (lambda: range(8), limit_threads),
    "rights": (lambda: range(1), limit_rights),
}

# ---------------------------------------------------------------------------
# Processes
# ---------------------------------------------------------------------------


def outcome(job, limit, step):
    """Run a job in a process of its own; return how it ended."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        with contextlib.suppress(BaseException):
            signal.alarm(SECONDS)
            limit(step)
            os.write(writing, result_of(job))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode()
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return said or "nothing"


def result_of(job):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        job()
    except BaseException as error:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return f"{type(error).__name__}: {error} ({where})"[:900].encode()
    return b"done"


def say(*facts):
    sys.stdout.write(f"{json.dumps(facts)}\n")
    sys.stdout.flush()


def main(limit, *names):
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix="w2vfast-faults-"))
    folder.chmod(0o755)
    jobs = Jobs(folder)
    jobs.out.chmod(0o755 if limit == "rights" else 0o777)
    steps, prepare = LIMITS[limit]
    try:
        for name in names or jobs.all():
            for step in steps():
                found = outcome(jobs.all()[name], prepare, step)
                say(name, step, found)
                if found == "done":
                    break
        jobs.model.save(jobs.out / "last")  # removes what dead writers left
        left = [path for path in os.listdir(jobs.out) if path.startswith(".")]
        say("left over", 0, left)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
