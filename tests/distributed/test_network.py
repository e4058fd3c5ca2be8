"""Two network namespaces of one machine, as two machines with a slow link between them.

Needs root, the commands `ip` and `tc`, and MPICH.
"""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import CHILD_OPTIONS

from w2vfast.distributed.cost_plan import Job, cost_of

pytestmark = [pytest.mark.peer, pytest.mark.slow]
pytest.importorskip("mpi4py", exc_type=ImportError)
if any(shutil.which(name) is None for name in ("ip", "tc", "unshare", "mpiexec")):
    pytest.skip("ip, tc, unshare or mpiexec is missing", allow_module_level=True)
if os.geteuid() != 0:
    pytest.skip("only root may make network namespaces", allow_module_level=True)

LINK = 200e6  # bits a second
HOSTS = ("10.77.0.1", "10.77.0.2")
VOCAB, WORDS, SIZE, EPOCHS = 2000, 250_000, 64, 2
# What mpiexec takes for ssh: a command in the namespace of a host, with its own name.
SHELL = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1; shift
case "$host" in %s) ns=%s;; *) ns=%s;; esac
exec ip netns exec $ns unshare --uts sh -c "hostname $ns; $*"
"""
PROGRAM = """
import sys
from mpi4py import MPI
from w2vfast import Word2Vec
size, epochs = map(int, sys.argv[2:])
model = Word2Vec(corpus_file=sys.argv[1], vector_size=size, epochs=epochs, min_count=1,
                 workers=1, sg=1, progress=False, comm=MPI.COMM_WORLD)
print("seconds", sum(epoch.seconds for epoch in model.history), len(model.wv))
"""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


@pytest.fixture
def machines(tmp_path):
    """Make two namespaces with a slow link; return what mpiexec needs to use them."""
    names = [f"w2v{os.getpid()}{k}" for k in range(2)]
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
        ends = ("wire", "netns", names[0]), ("wire", "netns", names[1])
        ip("link", "add", *ends[0], "type", "veth", "peer", "name", *ends[1])
        for name, host in zip(names, HOSTS, strict=True):
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "addr", "add", f"{host}/24", "dev", "wire")
            ip("-n", name, "link", "set", "wire", "up")
            limit = ["rate", f"{LINK:.0f}bit", "burst", "256kb", "latency", "400ms"]
            where = ["tc", "-n", name, "qdisc", "add", "dev", "wire", "root"]
            subprocess.run([*where, "tbf", *limit], check=True)
        wait_for_link(names[1])
        shell = tmp_path / "shell"
        shell.write_text(SHELL % (HOSTS[0], *names))
        shell.chmod(0o755)
        start = ["ip", "netns", "exec", names[0], "mpiexec", "-launcher", "ssh"]
        start += ["-launcher-exec", str(shell), "-hosts", ",".join(HOSTS), "-ppn", "1"]
        yield names, [*start, "-localhost", HOSTS[0], "-n", "2"]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def wait_for_link(name):
    command = ["ip", "-n", name, "-br", "link", "show", "wire"]
    for _ in range(100):
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        if " UP " in found.stdout:
            return
        time.sleep(0.1)
    raise TimeoutError(found.stdout)


def sent_bytes(name):
    command = ["ip", "netns", "exec", name, "cat", "/proc/net/dev"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in found.stdout.splitlines() if "wire:" in line)
    return int(line.split(":")[1].split()[8])


def test_machines_send_what_the_plan_says(machines, tmp_path):
    names, start = machines
    rng = np.random.default_rng(3)
    words = np.char.add("w", rng.permutation(np.arange(WORDS) % VOCAB).astype(str))
    text = tmp_path / "text.txt"
    lines = words.reshape(-1, 50).tolist()
    text.write_text("".join(" ".join(line) + "\n" for line in lines))
    environment = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "wire"}
    options = {**CHILD_OPTIONS, "env": {**CHILD_OPTIONS["env"], **environment}}
    before = sent_bytes(names[0])
    arguments = [str(text), str(SIZE), str(EPOCHS)]
    done = subprocess.run(
        [*start, sys.executable, "-c", PROGRAM, *arguments],
        **options,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sent = sent_bytes(names[0]) - before
    n_ids = WORDS + WORDS // 50  # with sentence ends
    job = Job(n_ids, VOCAB, SIZE, EPOCHS, "sg-neg", 2, 1, LINK)
    planned = cost_of(job).sent_bytes
    assert 0.95 < sent / planned < 1.25
    seconds = float(done.stdout.split("seconds ")[1].split()[0])
    assert seconds > 8 * planned / LINK  # no other way than the slow link
