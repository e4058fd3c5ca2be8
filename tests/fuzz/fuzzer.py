"""A mutation fuzzer: valid inputs, changed at random, for every reader.

    python tests/fuzz/fuzzer.py READER [INPUTS] [SEED] [FIRST]

Ends with status 0 if each input was refused with a documented error, or read as a
reference parser reads it.  Anything else, a hang or a crash leaves the input in a
folder whose name is printed first; "python tests/fuzz/fuzzer.py READER 1 SEED NUMBER"
repeats it.
"""

import contextlib
import faulthandler
import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from command_lines import CommandLine  # noqa: E402
from file_readers import FILE_READERS, FileReader  # noqa: E402
from folder_readers import FOLDER_READERS  # noqa: E402
from gensim_reader import GensimReader  # noqa: E402

__all__ = ["READERS", "FileReader", "start"]

MB = 1 << 20
MEMORY = 3000 * MB  # address space: threads reserve much of it
# A hang is an input that takes so much processor time (a few ms are usual), or during
# which nothing is computed for so many seconds in a row.  A machine that is busy with
# other work delays both, so it makes no hang.
SECONDS = 60
IDLE_SECONDS = 300
LEAST = 0.001  # s of processor time in a second; the watch takes less
READERS = {**FILE_READERS, **FOLDER_READERS}
READERS |= {"gensim": GensimReader, "command line": CommandLine}


def scratch_folder():
    """Make a folder, in memory if possible: files are most of the time elsewhere.

    The temporary files of readers go there, too.
    """
    memory = "/dev/shm"
    if "TMPDIR" not in os.environ and os.access(memory, os.W_OK):
        tempfile.tempdir = memory
    return Path(tempfile.mkdtemp(prefix="w2vfast-fuzz-"))


def watch_idle():
    """End the process once it has waited for too long without computing.

    Counts its own seconds of sleep: a process that is stopped does not count.
    """
    idle, before = 0, time.process_time()
    while idle < IDLE_SECONDS:
        time.sleep(1)
        now = time.process_time()
        idle = idle + 1 if now - before < LEAST else 0
        before = now
    # In this thread: another would read the frames of this one while it ends.
    signal.raise_signal(signal.SIGPROF)


def start_watch():
    """Let SIGPROF tell where all threads are, from C too, and end the process."""
    faulthandler.register(signal.SIGPROF, file=sys.__stderr__, chain=True)
    threading.Thread(target=watch_idle, daemon=True).start()


def fuzz(reader, n_inputs, seed, first):
    """Read changed inputs until one fails; each depends on its number alone."""
    scratch = scratch_folder()
    sys.stdout.write(f"{scratch}\n")
    sys.stdout.flush()
    for number in range(first, first + n_inputs):
        folder = scratch / str(number)
        folder.mkdir()
        reader.write(random.Random(f"{seed} {number}"), folder)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        # The documented errors; the command line catches them itself.
        accepted = () if isinstance(reader, CommandLine) else (ValueError, OSError)
        with contextlib.suppress(accepted):
            reader.run(folder)
        shutil.rmtree(folder)
    signal.setitimer(signal.ITIMER_PROF, 0)
    scratch.rmdir()


def start(name, n_inputs="2000", seed="0", first="0"):
    """Fuzz a reader as the command line says."""
    faulthandler.enable()
    start_watch()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    reader = READERS[name]()
    sys.stdin = io.TextIOWrapper(io.BytesIO(b"a\nEXIT\n"))
    with open(os.devnull, "w") as nothing:
        sys.stderr, errors = nothing, sys.stderr
        try:
            fuzz(reader, int(n_inputs), seed, int(first))
        finally:
            sys.stderr = errors


if __name__ == "__main__":
    start(*sys.argv[1:])
