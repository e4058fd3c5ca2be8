"""The benchmark of whole trainings measures each round of each program."""

import json

import pytest
from benchmark_runs import BENCHMARKS, run

if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)


def test_each_round_is_measured_and_recorded(tmp_path):
    pytest.importorskip("resource", reason="no processor time of children")
    text = tmp_path / "text.txt"
    text.write_text("a b c d e f g h\n" * 50)
    results = tmp_path / "results.jsonl"
    options = ["--modes", "sg-ns,cbow-hs", "--size", 8, "--rounds", 2]
    options += ["--programs", "w2vfast", "--results", results]
    done = run("whole_runs", "--corpus", text, *options)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    assert [(line["mode"], line["round"]) for line in lines] == [
        ("sg-ns", 0),
        ("sg-ns", 1),
        ("cbow-hs", 0),
        ("cbow-hs", 1),
    ]
    assert all(line["wall"] > 0 for line in lines)
    rows = done.stdout.splitlines()
    assert [row.split()[:2] for row in rows] == [
        ["sg-ns", "w2vfast"],
        ["cbow-hs", "w2vfast"],
    ]
    assert all(row.count("1.0 (1.0)") == 2 for row in rows)
