"""A small cluster of SLURM on this machine, of the user who runs the tests."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sbatch")
NODES = ("node1", "node2")
START_SECONDS = 30
LOG = "daemons.txt"  # what the daemons print
# What an outer job would tell the commands and processes of this cluster.
OTHER_JOBS = ("SLURM_", "PMI", "OMPI_")
SYSTEM = "/usr/sbin:/sbin"  # where Debian keeps what only root starts elsewhere
CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool_%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd_%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd_%n.log
ProctrackType=proctrack/pgid
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
FirstJobId={ports[0]}
KillWait=40
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def is_installed():
    """Whether all programs of SLURM are there."""
    return all(_path(name) for name in PROGRAMS)


def _path(name):
    return shutil.which(name, path=f"{os.environ['PATH']}:{SYSTEM}")


def without_other_jobs(environment):
    """Return an environment without the variables of a job that runs the tests."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(OTHER_JOBS)
    }


@contextlib.contextmanager
def cluster(folder):
    """Start two nodes; yield the variables with which SLURM's commands find them."""
    import pwd

    for name in ("state", *(f"spool_{node}" for node in NODES)):
        (folder / name).mkdir()
    user = pwd.getpwuid(os.getuid()).pw_name
    file = folder / "slurm.conf"
    given = {"host": socket.gethostname(), "user": user, "folder": folder}
    file.write_text(CONFIGURATION.format(**given, ports=_free_ports(3)))
    own = {"SLURM_CONF": str(file)}
    environment = {**without_other_jobs(os.environ), **own}
    commands = (_munged(folder), ["slurmctld", "-D"], *map(_slurmd, NODES))
    with contextlib.ExitStack() as stack:
        daemons = [
            stack.enter_context(_started(command, folder, environment))
            for command in commands
        ]
        _wait_for_nodes(daemons, folder, environment)
        yield own


def _free_ports(n):
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(socket.socket()) for _ in range(n)]
        for free in opened:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in opened]


def _munged(folder):
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    ends = {"key-file": "key", "socket": "socket", "pid-file": "pid"}
    ends |= {"log-file": "log", "seed-file": "seed"}
    files = [f"--{flag}={folder}/munge.{end}" for flag, end in ends.items()]
    return ["munged", "--foreground", "--force", *files]


def _slurmd(node):
    return ["slurmd", "-D", "-N", node]


@contextlib.contextmanager
def _started(command, folder, environment):
    command = [_path(command[0]), *command[1:]]
    with (folder / LOG).open("ab") as log:
        options = {"stdout": log, "stderr": log, "env": environment}
        with subprocess.Popen(command, **options) as daemon:
            try:
                yield daemon
            finally:
                daemon.terminate()
                try:
                    daemon.wait(10)
                except subprocess.TimeoutExpired:
                    daemon.kill()


def _wait_for_nodes(daemons, folder, environment):
    command = ["sinfo", "--noheader", "--format", "%T %D"]
    options = {"env": environment, "stdout": subprocess.PIPE, "text": True}
    end, found = time.monotonic() + START_SECONDS, None
    while time.monotonic() < end and all(daemon.poll() is None for daemon in daemons):
        with contextlib.suppress(subprocess.TimeoutExpired):
            found = subprocess.run(command, **options, timeout=5, check=False)
        if found is not None and found.stdout.split() == ["idle", str(len(NODES))]:
            return
        time.sleep(0.25)
    logs = (path.read_text()[-2000:] for path in [*folder.glob("*.log"), folder / LOG])
    message = f"SLURM has not started: {found}\n" + "\n".join(logs)
    raise TimeoutError(message)
