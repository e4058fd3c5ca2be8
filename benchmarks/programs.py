"""The programs that are compared: each trains once, in a process of its own.

Every function takes a `Job` and returns a `Run`.  Words are counted as the C program
counts them, sentence ends included, so words/s mean the same for all.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

C_FLAGS = {
    "c-o3": "-lm -pthread -O3 -march=native -funroll-loops",
    "c-ofast": "-lm -pthread -Ofast -march=native -funroll-loops",
}
MODES = {
    "sg-ns": {"sg": True, "hs": False},
    "sg-hs": {"sg": True, "hs": True},
    "cbow-ns": {"sg": False, "hs": False},
    "cbow-hs": {"sg": False, "hs": True},
}
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "w2vfast-bench"


@dataclass(frozen=True)
class Job:
    """One training: what, how, and where the vectors go."""

    corpus: Path
    output: Path
    sg: bool
    hs: bool
    size: int
    window: int
    negative: int
    sample: float
    epochs: int
    threads: int
    seed: int


@dataclass(frozen=True)
class Run:
    """What one training took.

    Attributes
    ----------
    words_per_second : float
        Of the training phase, over all threads; wall time, C: see `run_c`.
    encode_seconds : float or None
        Counting and encoding before it [s], where the program tells.
    total_seconds : float
        The whole process [s].
    peak_bytes : int
        Largest resident memory of the process.
    """

    words_per_second: float
    encode_seconds: float | None
    total_seconds: float
    peak_bytes: int


def measured(command: list[str], **options: object) -> tuple[str, float, int]:
    """Run a command; return its output, its seconds and its peak memory [bytes].

    The peak is asked of the system while the command runs: what is known afterwards
    counts the memory of the process that started it, too.  0 where it is not known.
    """
    peak = 0
    with tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, **options
        )
        while process.poll() is None:
            peak = max(peak, _peak_of(process.pid))
            time.sleep(0.01)
        seconds = time.perf_counter() - begun
        out.seek(0)
        text = out.read()
    if process.returncode:
        message = f"{command[0]} failed ({process.returncode}):\n{text[-2000:]}"
        raise RuntimeError(message)
    return text, seconds, peak


def _peak_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0


def compile_c(source: Path, folder: str | Path, flags: Iterable[str]) -> Path:
    """Compile a driver of one file with CC, or cc; return the program."""
    program = Path(folder) / source.stem
    compiler = shlex.split(os.environ.get("CC", "cc"))
    command = [*compiler, *flags, str(source), "-o", str(program), "-lm"]
    subprocess.run(command, check=True)
    return program


def _run_script(script: str, job: Job, **environment: str) -> Run:
    """Run a Python script that prints encode seconds, train seconds and words.

    In the output's folder: in the project's own, its source would hide the package.
    """
    paths = {
        name: str(Path(job.__dict__[name]).resolve()) for name in ("corpus", "output")
    }
    command = [sys.executable, "-c", script, json.dumps({**job.__dict__, **paths})]
    environment = {**os.environ, **environment}
    out, seconds, peak = measured(command, env=environment, cwd=job.output.parent)
    figures = json.loads(out.splitlines()[-1])
    speed = figures["words"] / figures["train_seconds"]
    return Run(speed, figures["encode_seconds"], seconds, peak)


_W2VFAST = """
import json, sys, time
from w2vfast import Word2Vec
job = json.loads(sys.argv[1])
corpus, output = job.pop("corpus"), job.pop("output")
job["vector_size"], job["workers"] = job.pop("size"), job.pop("threads")
extra = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
model = Word2Vec(**job, **extra, progress=False)
begun = time.perf_counter()
model.build_vocab(corpus_file=corpus)
encoded = time.perf_counter()
model.train()
words = sum(epoch.words for epoch in model.history)
seconds = sum(epoch.seconds for epoch in model.history)
model.wv.save_word2vec_format(output, binary=True)
print(json.dumps({"encode_seconds": encoded - begun, "train_seconds": seconds,
                  "words": words}))
"""

_GENSIM = """
import json, sys, time
from gensim.models import Word2Vec
job = json.loads(sys.argv[1])
corpus, output = job.pop("corpus"), job.pop("output")
job["vector_size"], job["workers"] = job.pop("size"), job.pop("threads")
job["sg"], job["hs"] = int(job["sg"]), int(job["hs"])
alpha = 0.025 if job["sg"] else 0.05
model = Word2Vec(**job, alpha=alpha, min_alpha=alpha * 1e-4)
begun = time.perf_counter()
model.build_vocab(corpus_file=corpus)
encoded = time.perf_counter()
model.train(corpus_file=corpus, total_words=model.corpus_total_words,
            total_examples=model.corpus_count, epochs=job["epochs"])
seconds = time.perf_counter() - encoded
counts = [model.wv.get_vecattr(key, "count") for key in model.wv.index_to_key]
kept = int(sum(counts))
words = (kept + model.corpus_count) * job["epochs"]
model.wv.save_word2vec_format(output, binary=True)
print(json.dumps({"encode_seconds": encoded - begun, "train_seconds": seconds,
                  "words": words}))
"""


def run_w2vfast(job: Job, isa: str = "") -> Run:
    """Run this package, with an instruction set forced or not."""
    return _run_script(_W2VFAST, job, W2VFAST_ISA=isa)


def run_w2vfast_exact(job: Job) -> Run:
    """Run this package's exact mode; one thread, and seed 1 stands for no seed."""
    script = _W2VFAST.replace("**extra", 'mode="exact"')
    return _run_script(script, Job(**{**job.__dict__, "threads": 1, "seed": 1}))


def run_w2vfast_pair(job: Job) -> Run:
    """Run this package with noise words drawn for each pair."""
    return _run_script(_W2VFAST.replace("**extra", 'negative_sharing="pair"'), job)


def run_w2vfast_mean(job: Job) -> Run:
    """Run this package with CBOW's error shared out among the context words."""
    return _run_script(_W2VFAST.replace("**extra", 'cbow_gradient="mean"'), job)


def run_w2vfast_lockstep(job: Job) -> Run:
    """Run workers in step, many of them on few cores: for quality, not speed."""
    return _run_script(_W2VFAST, job, W2VFAST_LOCKSTEP="1")


def run_gensim(job: Job) -> Run:
    """Run gensim, from a file, which is its fastest way."""
    return _run_script(_GENSIM, job)


_FASTTEXT = """
import json, sys
import fasttext
import numpy as np
from w2vfast import KeyedVectors
job = json.loads(sys.argv[1])
model = fasttext.train_unsupervised(
    job["corpus"], model="skipgram" if job["sg"] else "cbow", dim=job["size"],
    ws=job["window"], loss="hs" if job["hs"] else "ns", neg=job["negative"],
    epoch=job["epochs"], t=job["sample"], thread=job["threads"], minCount=5,
    lr=0.025 if job["sg"] else 0.05, minn=0, maxn=0, verbose=2)
words = [word for word in model.words if word != "</s>"]
vectors = np.array([model.get_word_vector(word) for word in words])
KeyedVectors(words, vectors).save_word2vec_format(job["output"], binary=True)
"""


def run_fasttext(job: Job) -> Run:
    """Run fastText without subwords, so that it is the same model.

    Its own figure, words per second and thread, is of the training phase.
    """
    spec = {**job.__dict__, "corpus": str(job.corpus), "output": str(job.output)}
    command = [sys.executable, "-c", _FASTTEXT, json.dumps(spec)]
    out, seconds, peak = measured(command)
    speed = float(re.findall(r"words/sec/thread:\s*(\d+)", out)[-1])
    return Run(speed * job.threads, None, seconds, peak)


def build_c(name: str) -> Path:
    """Build the C program with a set of flags, once; return the program.

    Comes from the Python package word2vec (word2vec 0.1c), whose epochs are right.
    """
    folder = CACHE / name
    program = folder / "bin" / "word2vec"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        source = ["--no-binary", "word2vec", "word2vec==0.11.1"]
        subprocess.run(
            [folder / "bin" / "pip", "install", "-q", "--no-cache-dir", *source],
            check=True,
            env={**os.environ, "WORD2VEC_CFLAGS": C_FLAGS[name]},
        )
    return program


def run_c(job: Job, name: str) -> Run:
    """Run the C program.

    Its own figure, words per thread and second, is of the training phase and of
    processor time, so it is not harmed by other processes; times the threads.
    It has no seed.
    """
    command = [build_c(name), "-train", job.corpus, "-output", job.output]
    options = {
        "size": job.size,
        "window": job.window,
        "sample": job.sample,
        "hs": int(job.hs),
        "negative": job.negative,
        "threads": job.threads,
        "iter": job.epochs,
        "cbow": int(not job.sg),
        "binary": 1,
        "debug": 2,
    }
    for flag, value in options.items():
        command += [f"-{flag}", value]
    out, seconds, peak = measured([str(part) for part in command])
    speed = float(re.findall(r"Words/thread/sec: ([\d.]+)k", out)[-1])
    return Run(1000 * speed * job.threads, None, seconds, peak)


PROGRAMS = {
    "w2vfast": run_w2vfast,
    "w2vfast-avx512": lambda job: run_w2vfast(job, "avx512"),
    "w2vfast-avx2": lambda job: run_w2vfast(job, "avx2"),
    "w2vfast-generic": lambda job: run_w2vfast(job, "generic"),
    "w2vfast-pair": run_w2vfast_pair,
    "w2vfast-mean": run_w2vfast_mean,
    "w2vfast-lockstep": run_w2vfast_lockstep,
    "w2vfast-exact": run_w2vfast_exact,
    "c-o3": lambda job: run_c(job, "c-o3"),
    "c-ofast": lambda job: run_c(job, "c-ofast"),
    "gensim": run_gensim,
    "fasttext": run_fasttext,
}
