"""With too little memory, threads, descriptors or rights a job fails as documented.

No crash and no hang, at any step on the way, and nothing is left over.
"""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from helpers import TESTS, run_python

import w2vfast

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def others_may_read(file):
    """Whether another user may open a file: each folder on its way lets them in."""
    return all(parent.stat().st_mode & 0o001 for parent in Path(file).parents)


root_only = pytest.mark.skipif(
    not hasattr(os, "getuid")
    or os.getuid() != 0
    or not others_may_read(w2vfast.__file__),
    reason="becomes another user, who must be able to read the package",
)
pytestmark = [linux_only, pytest.mark.slow]
RUN_SCRIPT = f"""
    import sys
    sys.path.insert(0, {str(TESTS / "faults")!r})
    import limited
    limited.main(*sys.argv[1:])
"""


def outcomes(limit):
    """Return how each job ended, at each step: a dict of name to list of str."""
    done = run_python(RUN_SCRIPT, arguments=[limit], timeout=None)
    assert done.returncode == 0, done.stderr
    found = defaultdict(list)
    for line in done.stdout.splitlines():
        name, _, ended = json.loads(line)
        found[name].append(ended)
    assert found.pop("left over") == [[]]
    return found


def wrong(found, *expected):
    """Return what did not end as expected, or not in success at last."""
    return [
        (name, ended)
        for name, all_ended in found.items()
        for ended in all_ended
        if not ended.startswith(expected) or all_ended[-1] != "done"
    ]


@pytest.mark.skipif(
    "libasan" in os.environ.get("LD_PRELOAD", ""),
    reason="the address sanitizer ends processes that have no memory for it",
)
def test_too_little_memory_is_a_memory_error():
    found = outcomes("memory")
    assert wrong(found, "done", "MemoryError: ", "SettingsMemoryError: ") == []
    assert len(found["train"]) > 5


def test_too_few_descriptors_are_an_os_error():
    found = outcomes("descriptors")
    assert wrong(found, "done", "OSError: [Errno 24]") == []
    unnamed = [e for ended in found.values() for e in ended if ": '/" not in e]
    assert {*unnamed} == {"done"}
    assert len(found["load model"]) > 3


@root_only
def test_too_few_threads_are_a_memory_error_that_says_so():
    found = outcomes("threads")
    assert wrong(found, "done", "MemoryError: only ") == []
    assert "0 of 1 threads could be started (can't start new" in found["train"][0]


@root_only
def test_a_read_only_folder_is_a_permission_error_that_names_it():
    found = outcomes("rights")
    for name, (ended,) in found.items():
        is_written = name.startswith("save ") or name in WRITTEN
        assert ended.startswith("PermissionError: " if is_written else "done"), name
        assert "/out" in ended or "cache_dir" in ended or not is_written, ended


WRITTEN = ("on disk", "checkpoints", "phrases", "vocabulary file", "map")
