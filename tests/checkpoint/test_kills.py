"""Processes are killed at random moments: what they did is not lost.

The next run goes on or the output is complete, and nothing is left over.
``W2VFAST_KILLS=50 pytest tests/checkpoint/test_kills.py`` kills 50 times;
``W2VFAST_SEED`` chooses the moments.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pytest
from helpers import CHILD_OPTIONS, posix_only

from w2vfast.checkpoint.folder import CheckpointFolder

pytestmark = posix_only

N_KILLS = int(os.environ.get("W2VFAST_KILLS", "4"))
SEED = int(os.environ.get("W2VFAST_SEED", "1"))
FILE_EVENTS = 200  # about as many as there are in one run

# Runs the command line, and kills itself when it is about to open, make, rename or
# remove the n-th file or folder below a folder.
CHILD = """
    import os, signal, sys

    folder, at = sys.argv[1], int(sys.argv[2])
    kinds = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"}
    n = 0

    def count(event, arguments):
        global n
        if event in kinds and str(arguments[0]).startswith(folder):
            n += 1
            if n == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    from w2vfast.cli.main import main
    sys.argv[1:] = sys.argv[3:]
    sys.exit(main())
"""


class Work:
    """A training in a folder, again and again from its checkpoints."""

    def __init__(self, folder, flags):
        self.folder = folder
        rng = random.Random(SEED)
        lines = [
            " ".join(f"w{int(rng.paretovariate(0.6))}" for _ in range(12))
            for _ in range(8000)
        ]
        (folder / "text").write_text("\n".join(lines))
        self.flags = [
            *("-train", folder / "text", "-output", folder / "vectors"),
            *("-save-vocab", folder / "words", "-threads", "1", "--resume"),
            *("--checkpoint", folder / "c", "--checkpoint-every", "40kwords"),
            *("-size", "24", *flags),
        ]

    def start(self, kill_at=0):
        script = [sys.executable, "-c", textwrap.dedent(CHILD)]
        command = [*script, self.folder, kill_at, "train", *self.flags]
        return subprocess.Popen(
            list(map(str, command)), stderr=subprocess.PIPE, text=True, **CHILD_OPTIONS
        )

    def run(self, kill_at=0, kill_after=None):
        """Run until the end, a file event or a time [s]; return status and output."""
        child = self.start(kill_at)
        if kill_after is not None:
            time.sleep(kill_after)
            child.kill()
        printed = child.communicate(timeout=120)[1]
        return child.returncode, printed

    def outputs(self):
        """Return the bytes of each output that is there."""
        names = ("vectors", "words")
        paths = [self.folder / name for name in names]
        return {path.name: path.read_bytes() for path in paths if path.exists()}

    def check_nothing_is_left(self):
        found = {path.name for path in self.folder.iterdir()}
        assert found == {"text", "vectors", "words", "c"}
        names = CheckpointFolder(self.folder / "c").names()
        assert {path.name for path in (self.folder / "c").iterdir()} == {*names}
        assert 1 <= len(names) <= 2

    def check_checkpoints(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a damaged one is a warning
            CheckpointFolder(self.folder / "c").newest()

    def start_over(self):
        shutil.rmtree(self.folder / "c", ignore_errors=True)
        for name in ("vectors", "words"):
            (self.folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize("flags", [[], ["--mode", "exact"]], ids=["fast", "exact"])
def test_kills_at_random_moments_lose_nothing(tmp_path, flags):
    work, rng = Work(tmp_path, flags), random.Random(SEED)
    start = time.perf_counter()
    assert work.run()[0] == 0
    whole, seconds = work.outputs(), time.perf_counter() - start
    work.check_nothing_is_left()
    work.start_over()
    kills = 0
    while kills < N_KILLS:
        moment = {"kill_at": rng.randint(1, FILE_EVENTS)}
        if rng.random() < 0.5:
            moment = {"kill_after": rng.uniform(0.3, 1) * seconds}
        status, printed = work.run(**moment)
        assert status in (0, -signal.SIGKILL), printed
        kills += status != 0
        work.check_checkpoints()
        assert work.outputs().items() <= whole.items()
        if status == 0:
            assert work.outputs() == whole
            work.check_nothing_is_left()
            work.start_over()
    status, printed = work.run()
    assert status == 0, printed
    assert work.outputs() == whole
    work.check_nothing_is_left()


class Lines:
    """What a process prints, read on a thread."""

    def __init__(self, child):
        self.found = []
        self.thread = threading.Thread(target=self.read, args=(child.stderr,))
        self.thread.start()

    def read(self, file):
        with file:
            self.found.extend(iter(file.readline, ""))

    def count(self, start):
        return sum(line.startswith(start) for line in self.found)

    def wait_for(self, start, act=lambda: None):
        end = time.monotonic() + 60
        while not self.count(start) and time.monotonic() < end:
            act()
            time.sleep(0.05)
        assert self.count(start), self.found


def test_sigusr1_writes_a_checkpoint_and_sigterm_writes_one_and_ends(tmp_path):
    work = Work(tmp_path, ["-iter", "2000"])
    work.flags[work.flags.index("40kwords")] = "1h"
    child = work.start()
    try:
        lines = Lines(child)
        lines.wait_for("Training")
        # Between this line and the first span a signal has no effect.
        lines.wait_for("Checkpoint", lambda: child.send_signal(signal.SIGUSR1))
        n_before = lines.count("Checkpoint")
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 143
    finally:
        child.kill()
        lines.thread.join()
    assert lines.count("Checkpoint") > n_before
    assert work.outputs().keys() == {"words"}
    work.check_checkpoints()
    assert not CheckpointFolder(tmp_path / "c").newest()[1].finished
