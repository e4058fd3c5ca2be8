"""The benchmark of scaling counts costs, fits a model and predicts more workers."""

import json
from itertools import pairwise

import numpy as np
import pytest
from benchmark_runs import BENCHMARKS, import_benchmark, run

if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)


@pytest.fixture(scope="module")
def model():
    return import_benchmark("scaling_model")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("scaling") / "text.txt"
    words = np.minimum(np.random.default_rng(1).zipf(1.3, (75, 200)), 200)
    path.write_text("\n".join(" ".join(map(str, line)) for line in words))
    return path


@pytest.mark.parametrize("mode", ["sg-hs", "cbow-ns"])
def test_the_model_replicates_the_rows_that_workers_do(model, corpus, mode):
    runs = import_benchmark("scaling_runs")
    text, setting = runs.Text(corpus, mode), runs.Setting(mode, 8, 2, 1024)
    run = runs.new_run(text, setting)
    runs.train_epoch(run, 0)
    period = setting.period_of_worker
    rows = [model.replicated_rows(side, period) for side in text.sides]
    assert min(rows) > 0
    assert max(rows) < text.n_rows
    # The system may let one worker do it all.
    used = np.max([worker.n_replicated for worker in run._workers], axis=0)
    used = [n for n in used if n]
    assert used == pytest.approx(rows, rel=0.25)  # it samples numbers of contexts


def test_the_fit_finds_the_coefficients_of_what_it_predicts(model):
    random = np.random.default_rng(2)
    wanted = np.array([1.0, 0.0, 0.3, 2.0])
    points = []
    for group in range(4):
        for costs in random.random((3, 4)):
            points.append(model.Point(f"{group}", 9.0, 9 + costs @ wanted, costs))
    np.testing.assert_allclose(model.fit(points), wanted, atol=1e-9)
    faster = [p._replace(time=p.alone - p.costs[0] + p.costs[2]) for p in points]
    assert (model.fit(faster) >= 0).all()
    held = model.held_out(points)
    assert model.relative_error(held, 9.0, np.ones(4)) == pytest.approx(0, abs=1e-9)
    noisy = [p._replace(time=p.time * random.uniform(0.9, 1.1)) for p in points]
    held = model.held_out(noisy)
    assert 0.02 < model.relative_error(held, 9.0, np.ones(4)) < 1


def test_rows_of_more_workers_are_fetched_and_stolen_more_often(model):
    visits = 1 / np.arange(1, 1000)
    sides = [model.Side(visits / visits.sum(), 1, 2, 100)]
    costs = [model.hogwild_costs(sides, n, 500.0, 7, 9000) for n in (1, 2, 16)]
    assert costs[0].fetched == costs[0].stolen == 0
    assert costs[0].merged == costs[1].merged > 0
    for one, more in pairwise(costs):
        assert one.fetched < more.fetched
        assert one.stolen < more.stolen
    without = model.hogwild_costs(sides, 2, None, 7, 9000)
    assert without.stolen > costs[1].stolen
    assert without.merged == without.uses == 0


def test_results_are_measured_and_predicted(corpus, tmp_path):
    results = tmp_path / "results.jsonl"
    options = ["--modes", "cbow-ns", "--sizes", 8, 12, "--periods", 256, 1024]
    done = run(
        *("scaling", "measure", "--corpus", corpus, "--results", results),
        *(*options, "--rounds", 1, "--latency", 50),
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    assert len([line for line in lines if "ns" in line]) == 2 * 7
    done = run("scaling", "predict", results, "--far", 300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cbow-ns, D = 8, left out" in done.stdout
    rows = [
        r.split("|")[1:-1] for r in done.stdout.splitlines() if r[:9] == "| cbow-ns"
    ]
    assert len(rows) == 2 * 4  # latencies, and two sizes of Hogwild and of rounds
    assert all("±" in row[5] for row in rows)
