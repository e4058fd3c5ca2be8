"""Fast mode with one worker writes the same bytes as when the digests were recorded.

A change of these digests is a change of results: it belongs under "Numerics" in
CHANGELOG.md, with figures of quality.  Nothing here depends on the C library or on
NumPy's arithmetic: no subsampling, and noise weights that are whole numbers.

    PYTHONPATH=tests:. python tests/training/test_fast_bytes.py

records the digests of the instruction sets that this processor has.
"""

import hashlib
import json

import pytest
from helpers import CHILD_OPTIONS, TESTS, run_python

import w2vfast

RECORDED = TESTS / "data" / "fast_digests.json"
DIGESTS = json.loads(RECORDED.read_text(encoding="utf-8"))
SETTINGS = {
    "sg_ns": {"sg": 1},
    "sg_ns_pair": {"sg": 1, "negative_sharing": "pair"},
    "sg_hs": {"sg": 1, "hs": 1, "negative": 0},
    "sg_hs_ns": {"sg": 1, "hs": 1, "vector_size": 50},
    "cbow_ns": {"sg": 0},
    "cbow_ns_fixed_windows": {"sg": 0, "shrink_windows": False, "window": 12},
    "cbow_hs": {"sg": 0, "hs": 1, "negative": 0},
    "cbow_ns_sum": {"sg": 0, "cbow_mean": 0, "alpha": 0.01, "window": 10},
    "sg_softmax": {"sg": 1, "objective": "softmax", "min_count": 40, "epochs": 1},
    "cbow_softmax": {"sg": 0, "objective": "softmax", "min_count": 40, "epochs": 1},
}
TRAIN = """
    import json, sys
    from itertools import islice
    from pathlib import Path
    import numpy as np
    import w2vfast
    from w2vfast import LineSentence, Word2Vec

    settings = {"sample": 0, "vector_size": 24, "epochs": 2, "workers": 1, "seed": 7}
    settings.update(json.loads(sys.argv[1]))
    if settings.get("negative", 5) and "objective" not in settings:
        settings["noise_weights"] = lambda counts: 1 + np.asarray(counts) % 97
    poems = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"
    sentences = list(islice(LineSentence(poems), 2000))
    model = Word2Vec(sentences, progress=False, **settings)
    nodes = None if model.syn1 is None else model.syn1[:-1]  # V - 1 are inner nodes
    for rows in (model.wv.vectors, nodes, model.syn1neg):
        if rows is not None:
            sys.stdout.buffer.write(np.ascontiguousarray(rows).tobytes())
"""


def digest(name, instruction_set):
    run = run_python(
        TRAIN,
        arguments=[json.dumps(SETTINGS[name])],
        env={**CHILD_OPTIONS["env"], "W2VFAST_ISA": instruction_set},
        text=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    return hashlib.sha256(run.stdout).hexdigest()


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("instruction_set", w2vfast.build_info()["available"])
def test_one_worker_writes_the_recorded_bytes(name, instruction_set):
    if instruction_set not in DIGESTS:
        pytest.skip(f"no digest was recorded for {instruction_set}")
    assert digest(name, instruction_set) == DIGESTS[instruction_set][name]


def record():
    """Write the present digests to the file that the test reads."""
    for instruction_set in w2vfast.build_info()["available"]:
        found = {name: digest(name, instruction_set) for name in SETTINGS}
        DIGESTS[instruction_set] = found
    RECORDED.write_text(json.dumps(DIGESTS, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
