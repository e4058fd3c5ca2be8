"""The programs that the benchmarks compare.  Each trains once, in its own process.

Each function takes a `Job` and returns a `Run`.  Words are counted like in the C
program, including sentence ends, so that words/s are comparable.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from common import child_environment, measured

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
    """One training: the corpus, the parameters, and the file for the vectors."""

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
    """Speed, time and memory of one training.

    Attributes
    ----------
    words_per_second : float
        Speed of the training phase over all threads, in wall time; for the C program
        see `run_c`.
    encode_seconds : float or None
        Time to count and encode the corpus before training [s]; None if the program
        does not report it.
    total_seconds : float
        Time of the whole process [s].
    peak_bytes : int
        Peak resident memory of the process.
    """

    words_per_second: float
    encode_seconds: float | None
    total_seconds: float
    peak_bytes: int


def script_command(script: str, job: Job) -> list[str]:
    """Return the command that runs a Python script with a job, from any folder."""
    paths = {
        name: str(Path(job.__dict__[name]).resolve()) for name in ("corpus", "output")
    }
    return [sys.executable, "-c", script, json.dumps({**job.__dict__, **paths})]


def _run_script(script: str, job: Job, **environment: str) -> Run:
    """Run a Python script that prints encode seconds, train seconds and words.

    It runs in the folder of the output.
    """
    out, seconds, peak = measured(
        script_command(script, job),
        env=child_environment(**environment),
        cwd=job.output.parent,
    )
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

GENSIM = """
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
    """Run w2vfast, optionally with a given instruction set."""
    return _run_script(_W2VFAST, job, W2VFAST_ISA=isa)


def run_w2vfast_exact(job: Job) -> Run:
    """Run w2vfast in exact mode: one thread, and seed 1, the C program's."""
    script = _W2VFAST.replace("**extra", 'mode="exact"')
    return _run_script(script, Job(**{**job.__dict__, "threads": 1, "seed": 1}))


def run_w2vfast_pair(job: Job) -> Run:
    """Run w2vfast with negative samples drawn for each pair."""
    return _run_script(_W2VFAST.replace("**extra", 'negative_sharing="pair"'), job)


def run_w2vfast_mean(job: Job) -> Run:
    """Run w2vfast with the CBOW gradient divided by the number of context words."""
    return _run_script(_W2VFAST.replace("**extra", 'cbow_gradient="mean"'), job)


def run_w2vfast_lockstep(job: Job) -> Run:
    """Run workers in lockstep, to measure the quality of many workers on few cores."""
    return _run_script(_W2VFAST, job, W2VFAST_LOCKSTEP="1")


def run_gensim(job: Job) -> Run:
    """Run gensim on a file, its fastest kind of input."""
    return _run_script(GENSIM, job)


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
    """Run fastText without subwords, so that the model is the same.

    The speed is the figure that fastText prints, words per second and thread of the
    training phase, times the number of threads.
    """
    spec = {**job.__dict__, "corpus": str(job.corpus), "output": str(job.output)}
    command = [sys.executable, "-c", _FASTTEXT, json.dumps(spec)]
    out, seconds, peak = measured(command, env=child_environment())
    speed = float(re.findall(r"words/sec/thread:\s*(\d+)", out)[-1])
    return Run(speed * job.threads, None, seconds, peak)


def build_c(name: str) -> Path:
    """Build the C program with a set of flags, unless it exists; return its path.

    The source is that of the Python package word2vec (word2vec 0.1c), which counts
    epochs correctly.
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


def flags(job: Job) -> list[str]:
    """Return the flags of a training, which `w2vfast train` and the C program share."""
    options = {
        "train": job.corpus,
        "output": job.output,
        "size": job.size,
        "window": job.window,
        "sample": job.sample,
        "hs": int(job.hs),
        "negative": job.negative,
        "threads": job.threads,
        "iter": job.epochs,
        "cbow": int(not job.sg),
        "binary": 1,
    }
    return [
        part for flag, value in options.items() for part in (f"-{flag}", str(value))
    ]


def run_c(job: Job, name: str) -> Run:
    """Run the C program, which has no seed.

    The speed is the figure that the program prints, words per thread and second of the
    training phase, times the number of threads.  It is measured in processor time, so
    that other processes do not reduce it.
    """
    command = [str(build_c(name)), *flags(job), "-debug", "2"]
    out, seconds, peak = measured(command)
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
