"""The warning for texts in which there is nothing to train on."""

import numpy as np
import pytest

from w2vfast import Word2Vec
from w2vfast.cli.main import main
from w2vfast.params import TrainParams
from w2vfast.training import pairs
from w2vfast.training.pairs import expected_pairs, warn_if_few_pairs

SMALL = {"min_count": 1, "vector_size": 4, "workers": 1}


def ids(*sentences):
    return np.array([i for s in sentences for i in (*s, 0)], dtype=np.int32)


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [([[1], [2], [3]], 0), ([[1, 2], [3]], 1), ([[1, 2, 3], [1, 1]], 4)],
)
def test_pairs_are_counted_within_sentences(sentences, expected):
    assert expected_pairs(ids(*sentences), None, np.inf) == expected


def test_subsampling_makes_pairs_rarer():
    keep = np.array([1, 0.5, 0.1, 1])
    found = expected_pairs(ids([1, 2, 3]), keep, np.inf)
    assert found == pytest.approx(0.5 * 0.1 + 0.5 * 1 + 0.1 * 1)


def test_a_large_text_is_not_read_further_than_needed(monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK", 100)
    assert expected_pairs(np.ones(1_000_000, dtype=np.int32), None, 5) == 100 * 99 / 2


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_sentences_of_one_word_give_a_warning(mode):
    with pytest.warns(UserWarning, match=r"no sentence has two words.*lower min_count"):
        Word2Vec([["a"], ["b"], ["c"]] * 500, mode=mode, **SMALL)


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_text_of_which_subsampling_leaves_nothing_gives_a_warning(mode):
    with pytest.warns(
        UserWarning, match=r"leaves about 0\.\d+ pairs .*with sample=0\."
    ):
        Word2Vec([["a", "b"]], mode=mode, **SMALL)
    with pytest.warns(UserWarning, match="leaves about"):
        Word2Vec([["a", "b"] * 5] * 1000, mode=mode, sample=1e-12, **SMALL)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize("sample", [0, 1e-3])
def test_a_text_with_enough_pairs_gives_none(mode, sample):
    Word2Vec([["a", "b", "c"] * 5] * 100, mode=mode, sample=sample, **SMALL)


def test_all_epochs_are_counted_together():
    few = ids([1, 2])
    keep = np.array([1, 0.5, 0.5])
    with pytest.warns(UserWarning, match=r"about 0\.5 pairs"):
        warn_if_few_pairs(few, keep, TrainParams(epochs=2))
    warn_if_few_pairs(few, keep, TrainParams(epochs=4))


def test_the_command_line_names_its_flags(tmp_path, capsys):
    (tmp_path / "text").write_text("a\nb\n" * 9)
    given = ["-train", tmp_path / "text", "-output", tmp_path / "out"]
    assert main(["train", *map(str, given), "-min-count", "1"]) == 0
    warning = [line for line in capsys.readouterr().err.splitlines() if "two" in line]
    assert warning[0].startswith("w2vfast: warning: no sentence has two words")
    assert warning[0].endswith("or lower -min-count.")
