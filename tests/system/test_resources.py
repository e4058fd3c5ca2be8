"""CPUs and memory: affinity, container limits, page cache."""

import os

import pytest

from w2vfast.system import resources
from w2vfast.system.resources import (
    available_memory,
    cpu_quota,
    physical_memory,
    usable_cpus,
)


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


# --- CPUs ---------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
def test_affinity_limits_the_usable_cpus():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(("quota", "cpus"), [(None, 8), (0.5, 1), (2.5, 3), (64, 8)])
def test_quota_limits_the_usable_cpus(monkeypatch, quota, cpus):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.setattr(resources, "cpu_quota", lambda: quota)
    assert usable_cpus() == cpus


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        (
            {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"},
            1.5,
        ),
        (  # the smallest quota of the group and its parents counts
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/a/cpu.max": "200000 100000\n",
            },
            2.0,
        ),
        (  # version 1, no limit
            {
                "proc/self/cgroup": "1:name=systemd:/\n3:cpu,cpuacct:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        (  # version 1 in a container, where the group's own path is not visible
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/docker/0123\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            3.0,
        ),
    ],
)
def test_quota_is_read_from_the_control_group(tmp_path, files, quota):
    assert cpu_quota(write(tmp_path, files)) == quota


# --- memory -------------------------------------------------------------------------

MEMINFO = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:  5000 kB\n"}
V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/memory"


def test_memory_is_unknown_where_the_system_reports_none(tmp_path):
    assert available_memory(tmp_path) is None


def test_memory_without_a_container_is_the_systems_estimate(tmp_path):
    assert available_memory(write(tmp_path, MEMINFO)) == 5000 * 1024


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (  # version 2 without a limit
            {
                "proc/self/cgroup": "0::/\n",
                f"{V2}/memory.max": "max\n",
                f"{V2}/memory.current": "900\n",
            },
            5000 * 1024,
        ),
        (  # version 2: file contents that the kernel keeps do not count as used
            {
                "proc/self/cgroup": "0::/\n",
                f"{V2}/memory.max": "1000000\n",
                f"{V2}/memory.current": "700000\n",
                f"{V2}/memory.stat": "anon 1\ninactive_file 90000\nactive_file 10000\n",
            },
            400_000,
        ),
        (  # the parent group has less
            {
                "proc/self/cgroup": "0::/a\n",
                f"{V2}/a/memory.max": "1000000\n",
                f"{V2}/a/memory.current": "0\n",
                f"{V2}/memory.max": "500000\n",
                f"{V2}/memory.current": "200000\n",
            },
            300_000,
        ),
        (  # more in use than the limit, which was lowered
            {
                "proc/self/cgroup": "0::/\n",
                f"{V2}/memory.max": "1000\n",
                f"{V2}/memory.current": "2000\n",
            },
            0,
        ),
        (  # version 1: its total_ fields include the groups below
            {
                "proc/self/cgroup": "4:memory:/docker/01\n0::/\n",
                f"{V1}/memory.limit_in_bytes": "1000000\n",
                f"{V1}/memory.usage_in_bytes": "700000\n",
                f"{V1}/memory.stat": (
                    "inactive_file 1\ntotal_inactive_file 90000\n"
                    "total_active_file 10000\n"
                ),
            },
            400_000,
        ),
        (  # version 1 without a limit, which is a very large number
            {
                "proc/self/cgroup": "4:memory:/\n",
                f"{V1}/memory.limit_in_bytes": "9223372036854771712\n",
                f"{V1}/memory.usage_in_bytes": "700000\n",
            },
            5000 * 1024,
        ),
    ],
)
def test_a_container_limits_the_memory(tmp_path, files, expected):
    assert available_memory(write(tmp_path, MEMINFO | files)) == expected


@pytest.mark.skipif(not os.path.exists("/proc/meminfo"), reason="Linux only")
def test_this_machine_reports_its_memory():
    assert 0 < available_memory() <= physical_memory()


def test_physical_memory_is_none_where_the_system_does_not_report_it(monkeypatch):
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert physical_memory() is None
