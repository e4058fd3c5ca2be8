"""Graphs for the quality gate: what they promise, and scores that are known."""

import numpy as np
import pytest
from benchmark_runs import BENCHMARKS, import_benchmark

from w2vfast import KeyedVectors

if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)
graphs = import_benchmark("graphs")

GRAPH = graphs.planted_partition(200, seed=3)


def codes(pairs):
    return set(map(tuple, pairs.tolist()))


def test_edges_are_distinct_pairs_and_as_many_as_planned():
    every = np.concatenate([GRAPH.edges, GRAPH.held_out])
    assert (every[:, 0] < every[:, 1]).all()
    assert len(codes(every)) == len(every) == 200 * (6 + 6) / 2
    same = GRAPH.groups[every[:, 0]] == GRAPH.groups[every[:, 1]]
    assert same.sum() == 200 * 6 / 2
    assert np.bincount(GRAPH.groups).tolist() == [50] * 4


def test_held_out_edges_are_not_walked_and_pairs_without_an_edge_have_none():
    assert len(GRAPH.held_out) == 120
    assert len(GRAPH.no_edges) == 1200
    assert not codes(GRAPH.held_out) & codes(GRAPH.edges)
    edges = np.concatenate([GRAPH.edges, GRAPH.held_out])
    assert not codes(GRAPH.no_edges) & codes(edges)


def test_walks_begin_at_every_node_and_follow_edges():
    walks = graphs.random_walks(GRAPH, seed=3)
    assert walks.shape == (2000, 40)
    assert np.bincount(walks[:, 0]).tolist() == [10] * 200
    walked = np.stack([walks[:, :-1].ravel(), walks[:, 1:].ravel()], 1)
    walked = walked[walked[:, 1] >= 0]
    assert codes(np.sort(walked, 1)) == codes(GRAPH.edges)


def test_walks_from_a_node_without_edges_have_one_node():
    lonely = graphs.Graph(
        np.zeros(3, int), np.array([[0, 1]]), np.empty((0, 2)), np.empty((0, 2))
    )
    walks = graphs.random_walks(lonely, seed=1)
    assert (walks[walks[:, 0] == 2, 1:] == -1).all()
    assert (walks[walks[:, 0] != 2] >= 0).all()


def test_the_same_seed_gives_the_same_graph_and_walks():
    again = graphs.planted_partition(200, seed=3)
    assert (again.edges == GRAPH.edges).all()
    walks = [graphs.random_walks(GRAPH, seed) for seed in (3, 3, 4)]
    assert (walks[0] == walks[1]).all()
    assert (walks[0] != walks[2]).any()


@pytest.mark.parametrize("n_nodes", [50, 120])
def test_groups_must_be_whole(n_nodes):
    with pytest.raises(ValueError, match="multiple of 50"):
        graphs.planted_partition(n_nodes, seed=1)


def test_vectors_of_the_groups_score_one_and_random_vectors_score_chance():
    # Rows in another order than nodes, and the sentence end among them.
    order = np.random.default_rng(1).permutation(200)
    keys = [*order[:5].tolist(), "</s>", *order[5:].tolist()]
    noise = np.random.default_rng(2).normal(size=(201, 50)).astype(np.float32)
    groups = np.eye(50)[[0 if key == "</s>" else GRAPH.groups[key] for key in keys]]
    good = KeyedVectors(keys, (groups + 0.01 * noise).astype(np.float32))
    bad = KeyedVectors(keys, noise)
    assert graphs.share_in_group(good, GRAPH.groups) == 1
    assert graphs.share_in_group(bad, GRAPH.groups) == pytest.approx(0.25, abs=0.05)
    assert graphs.link_prediction(good, GRAPH) > 0.6
    assert graphs.link_prediction(bad, GRAPH) == pytest.approx(0.5, abs=0.06)


def test_link_prediction_is_the_area_under_the_curve():
    graph = graphs.Graph(
        np.zeros(5, int),
        np.empty((0, 2), int),
        held_out=np.array([[0, 1], [0, 2]]),
        no_edges=np.array([[0, 3], [0, 4], [0, 3]]),
    )
    # Cosines with node 0: 1 and 0.5 of the edges, 0.8, 0 and 0.8 of the others.
    cosines = np.array([1, 1, 0.5, 0.8, 0])
    vectors = np.stack([cosines, np.sqrt(1 - cosines**2)], 1).astype(np.float32)
    assert graphs.link_prediction(KeyedVectors(list(range(5)), vectors), graph) == 4 / 6
