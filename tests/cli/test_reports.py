"""Output of the tools: the layouts of C's tools and the table of `evaluate`."""

import io

import numpy as np
import pytest

from w2vfast.cli import reports
from w2vfast.cli.reports import CVectors
from w2vfast.vectors import evaluation

WORDS = ["</s>", "paris", "france", "rome", "italy", "zero", "Ωmega"]
# A capital is its country and (0, 0, 1).
VECTORS = np.float32(
    [[9, -9, 0], [3, 0, 1], [3, 0, 0], [0, 3, 1], [0, 3, 0], [0, 0, 0], [-4, -1, -3]]
)


@pytest.fixture
def vectors():
    return CVectors(WORDS, VECTORS)


def listed(text):
    """The lines of a list as (word, cosine)."""
    lines = text.decode().split("-" * 72 + "\n")[1].splitlines()
    return [(line.split("\t\t")[0].strip(), line.split("\t\t")[1]) for line in lines]


# --- distance and analogy ---------------------------------------------------------


def test_the_layout_of_distance(vectors):
    lines = reports.distance(vectors, ["paris", "rome"]).split(b"\n")
    assert lines[:7] == [
        b"",
        b"Word: paris  Position in vocabulary: 1",
        b"",
        b"Word: rome  Position in vocabulary: 3",
        b"",
        b" " * 46 + b"Word       Cosine distance",
        b"-" * 72,
    ]
    assert lines[7].startswith(b" " * 44 + b"france\t\t0.")
    assert len(lines) == 7 + 40 + 1


def test_distance_to_the_mean_of_unit_vectors(vectors):
    unit = VECTORS / np.maximum(np.linalg.norm(VECTORS, axis=1), 1e-9)[:, None]
    mean = unit[1] + unit[3]
    expected = unit @ mean / np.linalg.norm(mean)
    found = listed(reports.distance(vectors, ["paris", "rome"]))[:4]
    # Ties keep the order of rows; a vector of zeros is never a neighbour.
    assert [word for word, _ in found] == ["france", "italy", "</s>", "Ωmega"]
    for word, shown in found:
        assert float(shown) == pytest.approx(expected[WORDS.index(word)], abs=1e-6)


def test_lists_are_filled_up_with_empty_words(vectors):
    rest = listed(reports.distance(vectors, ["paris"]))[5:]
    assert rest == [("", "-1.000000")] * 35
    rest = listed(reports.analogy(vectors, ["paris", "france", "rome"]))
    assert rest[-1] == ("", "0.000000")
    assert all(float(shown) > 0 for word, shown in rest if word)


def test_words_are_padded_to_50_bytes(vectors):
    text = reports.distance(vectors, ["paris"])
    (line,) = [line for line in text.splitlines() if "Ωmega".encode() in line]
    assert line.index(b"\t\t") == 50


def test_an_unknown_word_ends_the_answer(vectors):
    text = reports.distance(vectors, ["rome", "athens", "paris"])
    assert text.decode() == (
        "\nWord: rome  Position in vocabulary: 3\n"
        "\nWord: athens  Position in vocabulary: -1\nOut of dictionary word!\n"
    )
    text = reports.analogy(vectors, ["athens", "rome", "paris"])
    assert text.decode() == (
        "\nWord: athens  Position in vocabulary: 0\nOut of dictionary word!\n"
    )


def test_an_analogy_takes_three_words(vectors):
    text = reports.analogy(vectors, ["paris", "rome"]).decode()
    assert text == (
        "Only 2 words were entered.. three words are needed at the input to perform "
        "the calculation\n"
    )
    text = reports.analogy(vectors, ["paris", "france", "rome"])
    assert "              Word              Distance\n" in text.decode()
    assert listed(text)[0][0] == "italy"
    without = reports.analogy(vectors, ["paris", "france", "rome", "italy"])
    assert "italy" not in dict(listed(without))


def test_the_first_row_is_a_word_too(vectors):
    text = reports.analogy(vectors, ["</s>", "france", "rome"]).decode()
    assert "Word: </s>  Position in vocabulary: 0\n\nWord: france" in text


def test_sums_are_sequential():
    # Adding 1 to 2**24 is lost in float32; adding the sum of the ones would not be.
    rows = np.ones((1, 9), np.float32)
    rows[0, 0] = 4096
    vectors = CVectors(["a"], rows)
    assert vectors.unit(0)[0] == 1.0
    assert np.float32(4096) / np.sqrt(np.float32(2**24 + 8)) != 1.0


def test_the_first_of_equal_words_is_used():
    assert CVectors(["b", "a", "a"], np.eye(3)).row("a") == 1
    assert CVectors([17, 4], np.eye(2)).row("17") == 0


def test_bytes_that_are_not_utf8_are_printed_unchanged():
    vectors = CVectors(["\udcff", "b"], np.eye(2) + 1)
    assert b"\xff\t\t" in reports.distance(vectors, ["b"])


def asked(lines):
    """Return the output of a tool that repeats its questions."""
    output = io.BytesIO()
    reports.converse("? ", lambda words: f"{words}\n".encode(), lines, output)
    return output.getvalue().decode()


def test_a_conversation_ends_with_exit():
    lines = iter([b"king  queen\r\n", b"EXIT now\n", b"\n", b"EXIT\n", b"more\n"])
    assert asked(lines) == "? ['king', 'queen']\n? ['EXIT', 'now']\n? ['']\n? "
    assert next(lines) == b"more\n"


def test_a_conversation_ends_with_the_input():
    assert asked([b"king"]) == "? ['king']\n? \n"
    assert asked([]) == "? \n"


# --- accuracy and evaluate --------------------------------------------------------


@pytest.fixture
def result():
    questions = """\
: one
paris france rome italy
paris france rome paris
paris france athens greece
: two
"""
    questions += "".join(f": more{n}\nfrance paris italy rome\n" for n in range(4))
    return evaluation.word_analogies(WORDS, VECTORS, io.StringIO(questions))


def test_the_layout_of_accuracy(result):
    lines = reports.accuracy(result).splitlines()
    assert lines[:6] == [
        "one:",
        "ACCURACY TOP1: 50.00 %  (1 / 2)",
        "Total accuracy: 50.00 %   Semantic accuracy: 50.00 %   "
        "Syntactic accuracy: -nan % ",
        "two:",
        "ACCURACY TOP1: 0.00 %  (0 / 1)",
        lines[2],
    ]
    assert lines[-4] == "more3:"
    assert lines[-2].startswith("Total accuracy: 83.33 %   Semantic accuracy: 80.00 %")
    assert lines[-1] == "Questions seen / total: 6 7   85.71 % "


def test_accuracy_without_questions():
    nothing = evaluation.AnalogyResult([], 0, 0, 7)
    expected = "Questions seen / total: 0 0   -nan % \n"
    assert reports.accuracy(nothing) == expected


def test_shares_are_rounded_as_floats():
    # In float64 these are 14.37 and 29.38.
    assert reports._c_percent(23, 160) == "14.38"
    assert reports._c_percent(47, 160) == "29.37"


def test_the_table_of_analogies(result):
    lines = reports.analogy_table("questions", result).splitlines()
    assert lines[0] == "questions: answers among the first 7 words"
    rows = [line.split() for line in lines[1:]]
    assert rows[0] == [
        "section",
        "correct",
        "asked",
        "questions",
        "accuracy",
        "coverage",
    ]
    assert rows[1] == ["one", "1", "2", "3", "50.00", "%", "66.67", "%"]
    assert rows[2] == ["two", "0", "0", "0", "-", "-"]
    assert rows[-3][-7:] == ["4", "5", "6", "80.00", "%", "83.33", "%"]
    assert lines[-3].startswith("semantic (the first five)")
    assert lines[-2].startswith("syntactic (the others)")
    assert rows[-1] == ["total", "5", "6", "7", "83.33", "%", "85.71", "%"]
    assert len({len(line) for line in lines[1:]}) == 1


def test_few_sections_are_not_split():
    questions = io.StringIO(": one\nparis france rome italy\n")
    few = evaluation.word_analogies(WORDS, VECTORS, questions)
    assert "semantic" not in reports.analogy_table("questions", few)


def test_the_table_of_word_pairs():
    pairs = io.StringIO("paris\trome\t9\nparis\tfrance\t1\nparis\titaly\t5\nx\ty\t1\n")
    found = evaluation.word_pairs(WORDS, VECTORS, pairs)
    head, row = reports.pairs_table([("pairs", found)]).splitlines()
    assert head.split()[2:] == ["compared", "pairs", "Pearson", "Spearman", "coverage"]
    pearson = f"{found.pearson.statistic:.4f}"
    spearman = f"{found.spearman.statistic:.4f}"
    assert row.split() == ["pairs", "3", "4", pearson, spearman, "75.00", "%"]
    assert len(head) == len(row)
