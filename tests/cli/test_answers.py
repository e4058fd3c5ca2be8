"""The tools that answer questions: distance, analogy, accuracy, evaluate."""

import io
import sys

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.cli import reports
from w2vfast.cli.main import main
from w2vfast.vectors import evaluation


@pytest.fixture
def vectors():
    rng = np.random.default_rng(5)
    keys = [f"w{i}" for i in range(60)]
    return KeyedVectors(keys, rng.standard_normal((60, 8), dtype=np.float32))


@pytest.fixture(params=["v.bin", "binary", "v.txt", "v.bin.gz", "folder"])
def path(request, tmp_path, vectors):
    path = tmp_path / request.param
    if path.name == "folder":
        vectors.save(path)
    else:
        vectors.save_word2vec_format(path, binary="bin" in path.name)
    return path


@pytest.fixture
def questions(tmp_path):
    """Analogies with an unknown word, and pairs of words with scores."""
    lines = [": one", "w1 w2 w3 w4", ": two", "w5 w6 w7 w8", "w1 w2 w3 unknown"]
    (tmp_path / "questions").write_text("\n".join(lines) + "\n")
    pairs = [f"w{n}\tw{n + 1}\t{n % 7}\n" for n in range(20)]
    (tmp_path / "pairs").write_text("".join(pairs) + "w1\tunknown\t3\n")
    return tmp_path / "questions"


def type_in(monkeypatch, text):
    stream = io.TextIOWrapper(io.BytesIO(text))
    stream.isatty = lambda: False
    monkeypatch.setattr(sys, "stdin", stream)


def test_distance_answers_words_that_are_given(path, vectors, capsysbinary):
    assert main(["distance", str(path), "w3", "w5"]) == 0
    table = reports.CVectors(vectors.index_to_key, vectors.vectors)
    assert capsysbinary.readouterr().out == reports.distance(table, ["w3", "w5"])


def test_analogy_answers_words_that_are_given(path, vectors, capsysbinary):
    assert main(["analogy", str(path), "w3", "w5", "w7"]) == 0
    table = reports.CVectors(vectors.index_to_key, vectors.vectors)
    expected = reports.analogy(table, ["w3", "w5", "w7"])
    assert capsysbinary.readouterr().out == expected


@pytest.mark.parametrize(
    ("tool", "prompt", "first"),
    [
        ("distance", b"Enter word or sentence (EXIT to break): ", b"w3"),
        ("analogy", b"Enter three words (EXIT to break): ", b"w3 w4 w5"),
    ],
)
def test_without_words_the_tool_asks_for_them(
    path, monkeypatch, capsysbinary, tool, prompt, first
):
    type_in(monkeypatch, first + b"\nunknown w1 w2\nEXIT\n")
    assert main([tool, str(path)]) == 0
    parts = capsysbinary.readouterr().out.split(prompt)
    assert len(parts) == 4
    assert parts[1].startswith(b"\nWord: w3  Position in vocabulary: 3\n")
    assert parts[1].count(b"\n") > 40
    assert parts[2].endswith(b"Out of dictionary word!\n")
    assert parts[3] == b""


@pytest.mark.parametrize("tool", ["distance", "analogy"])
def test_a_given_word_that_is_unknown_is_an_error(path, capsys, tool):
    assert main([tool, str(path), "w3", "W33", "w4"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    expected = "'W33' is not in the vocabulary of 60 words; did you mean 'w33'?"
    assert printed.err == f"w2vfast: error: {expected}\n"


def test_an_analogy_needs_three_words(path, capsys):
    assert main(["analogy", str(path), "w1", "w2"]) == 2
    assert "needs three words, got 2" in capsys.readouterr().err


@pytest.mark.parametrize("from_stdin", [True, False])
@pytest.mark.parametrize("threshold", [[], ["0"], ["7"]])
def test_accuracy_prints_the_result_of_word_analogies(
    path, vectors, questions, monkeypatch, capsys, from_stdin, threshold
):
    arguments = ["accuracy", str(path), *threshold]
    if from_stdin:
        type_in(monkeypatch, questions.read_bytes())
    else:
        arguments += ["--questions", str(questions)]
    assert main(arguments) == 0
    result = evaluation.word_analogies(
        vectors.index_to_key, vectors.vectors, questions, int((threshold or [0])[0])
    )
    assert result.seen == (1 if threshold == ["7"] else 2)
    printed = capsys.readouterr()
    assert printed.out == reports.accuracy(result)
    assert printed.err == ""


def test_accuracy_asks_for_questions_on_a_terminal(
    path, questions, monkeypatch, capsys
):
    type_in(monkeypatch, questions.read_bytes())
    sys.stdin.isatty = lambda: True
    assert main(["accuracy", str(path)]) == 0
    assert capsys.readouterr().err == "Questions are read from standard input.\n"


def test_accuracy_reads_only_the_words_that_it_needs(
    tmp_path, vectors, questions, capsys
):
    path = tmp_path / "v.bin"
    vectors.save_word2vec_format(path, binary=True)
    path.write_bytes(path.read_bytes()[:1000])
    arguments = ["accuracy", str(path), "--questions", str(questions)]
    assert main([*arguments[:2], "9", *arguments[2:]]) == 0
    assert main(arguments) == 1
    assert "truncated" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["-5", "x", "1.5"])
def test_a_threshold_is_a_count(path, questions, capsys, wrong):
    assert main(["accuracy", str(path), wrong, "--questions", str(questions)]) == 2
    message = "argument THRESHOLD: must be a whole number of at least 0"
    assert message in capsys.readouterr().err


def test_accuracy_without_questions_is_an_error(path, tmp_path, capsys):
    (tmp_path / "empty").write_text(": family\n")
    asked = ["accuracy", str(path), "--questions", str(tmp_path / "empty")]
    assert main(asked) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "there are no questions. Give lines of four words" in printed.err


def test_evaluate_prints_a_table_for_each_file(path, questions, capsys):
    pairs = str(questions.with_name("pairs"))
    arguments = ["evaluate", str(path), "--analogies", str(questions), str(questions)]
    assert main([*arguments, "--pairs", pairs, pairs, "--threshold", "50"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{path.name}: 60 words, 8 values each\n")
    assert out.count("questions: answers among the first 50 words") == 2
    total = [line for line in out.splitlines() if line.startswith("total")]
    assert [line.split()[2:4] for line in total] == [["2", "3"]] * 2
    rows = [line.split() for line in out.splitlines() if line.startswith("pairs")]
    assert [row[1:3] for row in rows] == [["20", "21"]] * 2
    assert main(["evaluate", str(path), "--pairs", pairs]) == 0
    assert "answers" not in capsys.readouterr().out


def test_evaluate_without_questions_is_an_error(path, tmp_path, capsys):
    empty = tmp_path / "empty"
    empty.touch()
    for what, message in (("analogies", "no questions"), ("pairs", "no word pairs")):
        assert main(["evaluate", str(path), f"--{what}", str(empty)]) == 1
        assert f"there are {message}" in capsys.readouterr().err


def test_evaluate_needs_analogies_or_pairs(path, capsys):
    assert main(["evaluate", str(path)]) == 2
    assert "give --analogies, --pairs or both" in capsys.readouterr().err


def test_evaluate_takes_pairs_with_another_delimiter(path, questions, capsys):
    pairs = questions.with_name("pairs")
    pairs.write_text(pairs.read_text().replace("\t", ","))
    arguments = ["evaluate", str(path), "--pairs", str(pairs)]
    assert main(arguments) == 1
    assert "line 1: expected two words and a number" in capsys.readouterr().err
    assert main([*arguments, "--delimiter", ","]) == 0
