"""The quality gate finds a loss, judges each mode alone and continues a stopped run."""

import json
import os
import re

import pytest
from benchmark_runs import BENCHMARKS, import_benchmark, run

if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)
gate, pairing = import_benchmark("gate"), import_benchmark("pairing")

SMALL = ["--nodes", 100, "--sizes", 16, "--windows", 5, "--epochs", 1]


def line(score, *, measure="analogies", **changes):
    """Return a line of results with one score."""
    training = {
        **{"mode": "sg-ns", "data": "text", "size": 100, "window": 5, "epochs": 5},
        **{"both": "", "seed": 0, "state": "exact", "workers": 1, "lockstep": False},
        **{"changes": ""},
    }
    return {**training, "scores": {measure: score}, **changes}


def pairs(differences, **changes):
    """Return lines of both modes whose scores differ by `differences`."""
    for seed, difference in enumerate(differences):
        yield line(40 + seed, seed=seed, **changes)
        yield line(40 + seed + difference, seed=seed, **{"state": "new", **changes})


def report(tmp_path, lines, *arguments):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return run("gate", "report", path, *arguments)


def lines_of(path):
    return [json.loads(text) for text in path.read_text().splitlines()]


# ---- verdicts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("differences", "word"),
    [
        ([0.1, -0.1] * 4, "PASS"),
        ([-0.4, -0.5] * 4, "FAIL"),
        ([1.5, -1.5] * 4, "undecided"),
        ([0.5, -0.5] * 4, "undecided"),  # standard error 0.19
        ([0.35, -0.35] * 4, "PASS"),  # 0.13
        # Far from the bound, a large standard error does not matter.
        ([5, 3, 4, 5, 3, 4], "PASS"),
        ([-5, -3, -4, -5, -3, -4], "FAIL"),
        ([0] * 5, "undecided"),  # too few
    ],
)
def test_the_verdict_follows_from_mean_error_and_number_of_pairs(differences, word):
    scores = [(40 + i, 40 + i + d) for i, d in enumerate(differences)]
    assert pairing.judge(scores, -0.3).word == word


@pytest.mark.parametrize(
    ("mean", "settled"), [(-0.5, True), (-0.35, False), (-0.25, False), (0, True)]
)
def test_pairs_are_added_as_long_as_the_mean_is_close_to_the_bound(mean, settled):
    verdict = pairing.Verdict(0, 0, mean, error=0.05, pairs=6, bound=-0.3)
    assert verdict.word != "undecided"
    assert verdict.is_settled is settled
    assert pairing.is_settled({"analogies": verdict}) is settled
    assert not pairing.is_settled({})


def test_the_standard_error_is_that_of_the_paired_differences():
    verdict = pairing.judge([(10, 11), (20, 19), (30, 31), (40, 41)], -0.3)
    assert verdict.mean == 0.5
    assert verdict.error == pytest.approx(1 / 2)  # deviation 1, four pairs


@pytest.mark.parametrize(
    ("measure", "bound"),
    [
        *[("semantic", -0.3), ("neighbours", -0.01), ("links", -0.01)],
        *[("EN-WS-353-ALL", -0.005), ("questions", None), ("any coverage", None)],
    ],
)
def test_each_measure_has_its_bound(measure, bound):
    assert pairing.bound_of(measure) == bound


# ---- reports -----------------------------------------------------------------------


def test_a_gain_in_one_mode_does_not_hide_a_loss_in_another(tmp_path):
    gain = pairs([2.0, 2.1] * 3, mode="sg-ns")
    loss = pairs([-0.4, -0.5] * 3, mode="cbow-hs")
    done = report(tmp_path, [*gain, *loss])
    assert done.returncode == 1, done.stderr
    assert re.search(r"^cbow-hs\n.*\n.*-0\.45 .*: FAIL$", done.stdout, re.MULTILINE)
    assert re.search(r"^sg-ns\n.*\n.*\+2\.05 .*: PASS$", done.stdout, re.MULTILINE)
    assert "| **-0.45 ± 0.02** |" in done.stdout


def test_undecided_differences_do_not_fail(tmp_path):
    done = report(tmp_path, pairs([1.5, -1.5] * 3))
    assert done.returncode == 0, done.stderr
    assert "0 PASS, 0 FAIL, 1 undecided" in done.stdout
    assert "| +0.00 ± 0.67 ? |" in done.stdout


def test_trainings_are_paired_by_all_that_both_modes_share(tmp_path):
    """Other data, seeds and sizes have other references; workers have the same."""
    two_workers = [one for one in pairs([0.1] * 6, workers=2) if one["state"] == "new"]
    other_size = [line(0, seed=seed, size=200) for seed in range(6)]
    unpaired = [line(0, seed=9, state="new")]
    lines = [*pairs([0.1] * 6), *two_workers, *other_size, *unpaired]
    done = report(tmp_path, lines)
    assert done.stdout.count("+0.10 ± 0.00 (6 pairs") == 2
    assert "2 PASS, 0 FAIL, 0 undecided" in done.stdout


def test_settings_are_averaged_on_request(tmp_path):
    lines = [*pairs([0.1] * 3, size=100), *pairs([0.3] * 3, size=200)]
    assert "+0.20 ± 0.04 (6 pairs" in report(tmp_path, lines, "--pool", "size").stdout


def test_a_state_of_the_code_is_selected_by_its_name(tmp_path):
    lines = [*pairs([-9.0] * 6, state="old"), *pairs([0.0] * 6, state="new")]
    lines += [line(40 + seed, seed=seed) for seed in range(6)]
    assert report(tmp_path, lines).returncode == 1
    assert report(tmp_path, lines, "--state", "new").returncode == 0


# ---- trainings ---------------------------------------------------------------------


def test_a_broken_setting_fails(tmp_path):
    """Half of the learning rate in fast mode loses a tenth of the neighbours."""
    path = tmp_path / "results.jsonl"
    options = ["--modes", "sg-ns", "--pairs", 6, "--set", "alpha=0.0125"]
    done = run("gate", "run", *SMALL, "--nodes", 500, *options, "--results", path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"neighbours .*: FAIL", done.stdout)
    changes = {one["changes"] for one in lines_of(path)}
    assert changes == {"", "alpha=0.0125"}


def test_a_stopped_run_continues_and_references_are_reused(tmp_path):
    path = tmp_path / "results.jsonl"
    arguments = [*SMALL, "--modes", "sg-hs", "--pairs", 2, "--results", path]
    first = run("gate", "run", *arguments)
    whole = lines_of(path)
    assert [one["state"] == "exact" for one in whole] == [True, False] * 2
    # As if the run had been stopped while it wrote the third line.
    texts = path.read_text().splitlines(keepends=True)
    path.write_text("".join(texts[:2]) + texts[2][:50] + "\n")
    again = run("gate", "run", *arguments)
    assert again.stdout == first.stdout
    assert len(path.read_text().splitlines()) == 5
    run("gate", "run", *arguments, "--workers", "1,2", "--lockstep", "3")
    added = [json.loads(text) for text in path.read_text().splitlines()[5:]]
    teams = [
        (one["state"] == "exact", one["workers"], one["lockstep"]) for one in added
    ]
    assert teams == [(False, 2, False), (False, 3, True)] * 2


class Recorder:
    """In place of `Word2Vec`: the arguments, and whether workers run in lockstep."""

    def __init__(self, **arguments):
        self.arguments = arguments
        self.lockstep = os.environ.get("W2VFAST_LOCKSTEP")


class RecordedData:
    name = "text"

    def arguments(self, seed):
        return {"corpus_file": f"text {seed}"}

    def scores(self, model, seed):
        return {"arguments": model.arguments, "lockstep": model.lockstep}


@pytest.mark.parametrize("lockstep", [False, True])
def test_both_modes_train_with_the_options_of_the_pair(monkeypatch, lockstep):
    monkeypatch.setattr(gate, "Word2Vec", Recorder)
    monkeypatch.delenv("W2VFAST_LOCKSTEP", raising=False)
    changes = {"both": "alpha=0.1", "changes": "negative_sharing=pair"}
    changes |= {"seed": 7, "state": "new", "workers": 4, "lockstep": lockstep}
    fast = pairing.Training.of_line(line(0, **changes))
    seen = [gate.train(one, RecordedData())["scores"] for one in (fast, fast.reference)]
    assert [one["lockstep"] for one in seen] == ["1" if lockstep else None, None]
    assert "W2VFAST_LOCKSTEP" not in os.environ
    shared = {"sg": True, "hs": False, "vector_size": 100, "window": 5, "epochs": 5}
    shared |= {"alpha": 0.1, "corpus_file": "text 7", "progress": False}
    own = {"workers": 4, "seed": 8, "negative_sharing": "pair"}
    assert seen[0]["arguments"] == {**shared, **own}
    assert seen[1]["arguments"] == {**shared, "workers": 1, "mode": "exact"}


def test_each_seed_has_its_own_order_of_the_same_lines(tmp_path):
    source = tmp_path / "text"
    source.write_text("".join(f"line {n}\n" for n in range(50)))
    data = gate.TextData(source, 60, None, (), tmp_path)
    texts = [data.arguments(seed)["corpus_file"].read_text() for seed in (0, 1, 0)]
    assert texts[0] == texts[2] != texts[1]
    lines = source.read_text().splitlines()[:30]  # of 60 words
    assert [sorted(text.splitlines()) for text in texts] == [sorted(lines)] * 3


def test_lines_of_a_text_are_scored(tmp_path):
    text, questions, word_pairs = (tmp_path / name for name in ("text", "q", "pairs"))
    text.write_text("".join(f"a b c d{'' if n % 3 else ' e f'}\n" for n in range(99)))
    questions.write_text(": one\na b c d\nb a d c\n")
    word_pairs.write_text("a\tb\t9\nc\td\t8\na\te\t1\n")
    results = tmp_path / "results.jsonl"
    files = ["--corpus", text, "--questions", questions, "--word-pairs", word_pairs]
    sizes = ["--sizes", 8, "--windows", 2, "--modes", "cbow-ns", "--pairs", 2]
    done = run("gate", "run", *files, *sizes, "--results", results)
    assert done.returncode == 0, done.stderr
    for measure in ("analogies", "semantic", "syntactic", "pairs"):
        assert f"    {measure} " in done.stdout
