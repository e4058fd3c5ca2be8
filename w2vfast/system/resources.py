"""CPUs and memory that this process may use, container limits included.

A container runs in a control group, which may limit its CPUs and its memory below
those of the machine.  Both versions of Linux control groups are read.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path("/")

# ---- CPUs --------------------------------------------------------------------------


def usable_cpus() -> int:
    """Count the CPUs this process may use: its affinity, then the container's quota.

    Returns
    -------
    int
        At least 1.  A quota is rounded up: two threads use up 1.5 CPUs, one does not.
    """
    if hasattr(os, "process_cpu_count"):  # Python 3.13, any system
        cpus = os.process_cpu_count()
    elif hasattr(os, "sched_getaffinity"):  # Linux
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count()
    quota = cpu_quota()
    if quota is None:
        return cpus or 1
    return max(1, min(cpus or 1, math.ceil(quota)))


def cpu_quota(root: Path = ROOT) -> float | None:
    """Read the CPU quota of this process's control group.

    Parameters
    ----------
    root : Path
        Folder that contains `/proc` and `/sys`.

    Returns
    -------
    float or None
        The smallest quota of the group and the groups above it [CPUs]; None without
        a quota or without control groups.
    """
    quotas = []
    for group in _control_groups(root, "cpu"):
        if group.version == 2:
            numbers = _read_text(group.folder / "cpu.max").split()
        else:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            numbers = [_read_text(group.folder / name) for name in names]
        # "max" (version 2) and -1 (version 1) mean no quota.
        with contextlib.suppress(ValueError):
            quota, period = (int(text) for text in numbers)
            if quota > 0 and period > 0:
                quotas.append(quota / period)
    return min(quotas, default=None)


# ---- memory ------------------------------------------------------------------------


def available_memory(root: Path = ROOT) -> int | None:
    """Read how much memory this process can still allocate without swapping.

    Parameters
    ----------
    root : Path
        Folder that contains `/proc` and `/sys`.

    Returns
    -------
    int or None
        The smallest of the system's estimate (``MemAvailable``) and of what the
        control group and the groups above it leave [bytes]; at least 0.  None where
        the system reports neither, as on macOS and Windows.

    Notes
    -----
    A group's limit covers its page cache: file contents that the kernel keeps in
    memory and drops when a process needs the space.  It counts as available here, as
    it does in ``MemAvailable``; otherwise reading a large text would seem to use up a
    container's memory.
    """
    found = [_free_in_group(group) for group in _control_groups(root, "memory")]
    kilobytes = _fields(root / "proc/meminfo").get("MemAvailable:")
    if kilobytes is not None:
        found.append(1024 * kilobytes)
    return min((size for size in found if size is not None), default=None)


# Names in the control groups of each version: the limit, the memory in use, and the
# page cache of the group and the groups below it (two fields of `memory.stat`).
_MEMORY_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    2: ("memory.max", "memory.current", ""),
}


def _free_in_group(group: _ControlGroup) -> int | None:
    limit_name, used_name, prefix = _MEMORY_FILES[group.version]
    try:
        limit = int(_read_text(group.folder / limit_name))
        used = int(_read_text(group.folder / used_name))
    except ValueError:  # "max", no limit, or no such file
        return None
    stat = _fields(group.folder / "memory.stat")
    cached = stat.get(f"{prefix}inactive_file", 0) + stat.get(f"{prefix}active_file", 0)
    return max(0, limit - max(0, used - cached))


def physical_memory() -> int | None:
    """Return the memory of the machine [bytes], None if the system does not report it.

    Differs from `available_memory`: memory in use and container limits are ignored.
    """
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


# ---- control groups ----------------------------------------------------------------


class _ControlGroup(NamedTuple):
    version: int
    folder: Path


def _control_groups(root: Path, controller: str) -> Iterator[_ControlGroup]:
    """Yield this process's group and the groups above it, up to the root group.

    In a container the path of the process's own group may not be visible.  Its limits
    are then at the top of the mount, which is yielded last.
    """
    mount = root / "sys/fs/cgroup"
    for line in _read_text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            version, top = 2, mount
        elif controller in controllers.split(","):
            version, top = 1, mount / controller
        else:
            continue
        path = PurePosixPath(group.strip("/"))
        for folder in (path, *path.parents):
            yield _ControlGroup(version, top / folder)


def _fields(path: Path) -> dict[str, int]:
    """Read a file of lines ``name number [unit]``."""
    lines = [line.split() for line in _read_text(path).splitlines()]
    return {
        words[0]: int(words[1])
        for words in lines
        if len(words) > 1 and words[1].isdecimal()
    }


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
