"""Analogy accuracy and word-pair correlation; agreement with C and gensim."""

import io
import itertools
import lzma
import math
import re
import shutil
import subprocess

import numpy as np
import pytest
from helpers import SHARED_DATA

from w2vfast.vectors import evaluation
from w2vfast.vectors.keyedvectors import KeyedVectors

# Countries and capitals: capital = country + (0, 0, 1), so that every analogy of the
# kind "Paris is to France as Rome is to ?" holds exactly.
COUNTRIES = ["France", "Italy", "Spain", "Japan"]
CAPITALS = ["paris", "rome", "madrid", "tokyo"]
WORDS = [*COUNTRIES, *CAPITALS, "noise"]
POSITIONS = np.float32([[3, 0, 0], [0, 3, 0], [-3, 0, 0], [0, -3, 0]])
VECTORS = np.concatenate(
    [POSITIONS, POSITIONS + np.float32([0, 0, 1]), [[0.1, 0.1, -3]]]
)
VECTORS = VECTORS.astype(np.float32)

QUESTIONS = """\
: capitals
paris france rome ITALY
Paris France Madrid Spain
paris france tokyo italy
paris france berlin germany

: empty
: other
france paris italy noise
"""


def ask(questions=QUESTIONS, words=WORDS, vectors=VECTORS, **options):
    return evaluation.word_analogies(words, vectors, io.StringIO(questions), **options)


# --- analogies --------------------------------------------------------------------


def test_sections_list_correct_and_incorrect_answers():
    first, empty, other = ask().sections
    assert first.name == "capitals"
    assert first.correct == [
        ("paris", "france", "rome", "ITALY"),
        ("Paris", "France", "Madrid", "Spain"),
    ]
    assert first.incorrect == [("paris", "france", "tokyo", "italy")]
    assert (empty.name, empty.score) == ("empty", (0, 0))
    assert empty.score.accuracy == 0
    assert (other.name, other.score) == ("other", (0, 1))


def test_totals_and_coverage():
    result = ask()
    assert result.total == (2, 4)
    assert result.total.accuracy == 0.5
    assert (result.seen, result.questions, result.coverage) == (4, 5, 0.8)
    assert result.searched == len(WORDS)


def test_the_first_five_sections_are_semantic():
    questions = "".join(
        f": s{i}\nparis france rome {'italy' if i % 2 else 'spain'}\n" for i in range(8)
    )
    result = ask(questions)
    assert result.semantic == (2, 5)
    assert result.syntactic == (2, 3)
    assert result.total == (4, 8)


def test_case_can_be_made_significant():
    with pytest.warns(UserWarning, match="none of the 5 questions"):
        result = ask(case_insensitive=False)
    assert result.seen == 0
    exact = ": s\nparis France rome Italy\nparis France rome italy\n"
    assert ask(exact, case_insensitive=False).total == (1, 1)


def test_of_words_equal_but_for_case_the_first_is_used():
    # The later "Rome" has another vector, so only "rome" gives the correct answer.
    words = [*WORDS, "Rome"]
    vectors = np.concatenate([VECTORS, [[0, 0, -5]]]).astype(np.float32)
    assert ask(": s\nparis france Rome italy\n", words, vectors).total == (1, 1)


def test_an_answer_in_another_case_is_correct():
    words = ["ITALY" if word == "Italy" else word for word in WORDS]
    assert ask(": s\nparis france rome italy\n", words).total == (1, 1)


def test_questions_outside_the_restricted_vocabulary_are_not_asked():
    result = ask(restrict_vocab=6)
    assert result.searched == 6
    assert (result.seen, result.questions) == (1, 5)
    assert ask(restrict_vocab=None).seen == ask(restrict_vocab=0).seen == 4
    with pytest.raises(ValueError, match="restrict_vocab must be at least 0"):
        ask(restrict_vocab=-1)


def test_unknown_words_can_count_as_wrong():
    result = ask(dummy4unknown=True)
    assert result.total == (2, 5)
    assert result.seen == 4
    questions = [("a", "b", "c", "d"), ("paris", "france", "tokyo", "italy")]
    text = ": s\n" + "".join(" ".join(question) + "\n" for question in questions * 2)
    (section,) = ask(text, dummy4unknown=True).sections
    assert section.incorrect == questions * 2  # in the order of the file


def test_words_of_the_question_are_not_answers():
    # b - a + c is nearest to c itself, which is excluded.
    vectors = np.float32([[1, 0.1], [1, 0], [0, 1], [0.3, 1]])
    result = ask(": s\na b c d\n", list("abcd"), vectors)
    assert result.total == (1, 1)


def test_a_question_without_a_positive_candidate_is_wrong():
    vectors = np.float32([[1, 0], [1, 0], [1, 0], [-1, 0], [-1, 0.1]])
    result = ask(": s\na b c d\na b c a\na b c c\n", list("abcde"), vectors)
    assert result.total == (0, 3)


@pytest.mark.parametrize("bad", [0, np.nan, np.inf])
@pytest.mark.parametrize("row", range(9))
def test_vectors_of_zeros_or_not_finite_are_not_answers(bad, row):
    vectors = VECTORS.copy()
    vectors[row] = bad
    question = ("paris", "france", "rome", "italy")
    used = WORDS[row].lower() in question
    assert ask(f": s\n{' '.join(question)}\n", vectors=vectors).total == (not used, 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_answers_of_3cosmul_are_those_of_most_similar_cosmul(seed):
    rng = np.random.default_rng(seed)
    words = [f"w{n}" for n in range(50)]
    wv = KeyedVectors(words, rng.normal(size=(50, 4)))
    asked = [rng.choice(words, 3, replace=False).tolist() for _ in range(100)]
    answers = [wv.most_similar_cosmul([b, c], [a], topn=1)[0][0] for a, b, c in asked]
    sums = [wv.most_similar([b, c], [a], topn=1)[0][0] for a, b, c in asked]
    assert sums != answers
    lines = [
        " ".join([*given, found]) for given, found in zip(asked, answers, strict=True)
    ]
    text = "\n".join([": all", *lines])
    cosmul = {"similarity_function": "most_similar_cosmul"}
    assert wv.evaluate_word_analogies(io.StringIO(text), **cosmul)[0] == 1
    right = sum(a == b for a, b in zip(answers, sums, strict=True))
    assert wv.evaluate_word_analogies(io.StringIO(text))[0] == right / 100


def test_another_similarity_function_is_an_error():
    wv = KeyedVectors(WORDS, VECTORS)
    with pytest.raises(
        ValueError, match="'most_similar' or 'most_similar_cosmul', got"
    ):
        wv.evaluate_word_analogies(io.StringIO(QUESTIONS), similarity_function="x")


def test_the_lengths_of_vectors_are_irrelevant():
    scale = np.random.default_rng(1).uniform(0.1, 100, (len(WORDS), 1))
    assert ask(vectors=VECTORS * scale).total == (2, 4)


def naive_accuracy(words, vectors, questions, restrict):
    """Reference implementation: count as compute-accuracy.c does, word by word."""
    words = [word.upper() for word in words[:restrict]]
    unit = vectors[:restrict] / np.linalg.norm(vectors[:restrict], axis=1)[:, None]
    right = seen = 0
    for question in questions:
        upper = [word.upper() for word in question]
        if any(word not in words for word in upper):
            continue
        seen += 1
        a, b, c = (words.index(word) for word in upper[:3])
        best, answer = 0.0, None
        for row in range(len(words)):
            similarity = (unit[b] - unit[a] + unit[c]) @ unit[row]
            if row not in (a, b, c) and similarity > best:
                best, answer = similarity, words[row]
        right += answer == upper[3]
    return right, seen


def random_case(seed):
    """Return words (some equal but for case), vectors with regularities, questions."""
    rng = np.random.default_rng(seed)
    bases = rng.normal(size=(12, 10))
    relations = rng.normal(size=(5, 10))
    parts = itertools.product(range(12), range(5))
    order = rng.permutation(60)
    names = [f"w{'abcdefghijkl'[b]}{r}" for b, r in parts]
    vectors = (bases[:, None] + relations[None]).reshape(60, 10)
    vectors += rng.normal(0, 0.6, vectors.shape)
    words = [names[i] for i in order]
    words[30:34] = [words[i].upper() for i in range(4)]
    questions = []
    for _ in range(150):
        b1, b2 = rng.choice(12, 2, replace=False)
        r1, r2 = rng.choice(5, 2, replace=False)
        quad = [names[b * 5 + r] for b, r in [(b1, r1), (b1, r2), (b2, r1), (b2, r2)]]
        questions.append([w.upper() if rng.random() < 0.3 else w for w in quad])
    return words, vectors.astype(np.float32)[order], questions


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("restrict", [40, 60])
def test_counts_agree_with_the_reference_implementation(seed, restrict, monkeypatch):
    monkeypatch.setattr(evaluation, "_ROWS", 7)
    monkeypatch.setattr(evaluation, "_QUESTIONS", 11)
    words, vectors, questions = random_case(seed)
    text = ": s\n" + "".join(" ".join(q) + "\n" for q in questions)
    result = ask(text, words, vectors, restrict_vocab=restrict)
    right, seen = naive_accuracy(words, vectors, questions, restrict)
    assert (result.total.correct, result.seen) == (right, seen)
    assert 0 < right < seen < len(questions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (": s\na b c d\na b c\n", "line 3: expected four words, got 'a b c"),
        (": s\na b c d e\n", "line 2: expected four words"),
        ("a b c d\n", "line 1: expected a section ': name'"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, text, message):
    path = tmp_path / "questions"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        evaluation.word_analogies(WORDS, VECTORS, path)
    assert str(path) in str(caught.value)


def test_the_source_may_be_a_path_or_any_open_file(tmp_path):
    path = tmp_path / "questions"
    path.write_bytes(b"\xef\xbb\xbf" + QUESTIONS.replace("\n", "\r\n").encode())
    assert evaluation.word_analogies(WORDS, VECTORS, path).total == (2, 4)
    assert evaluation.word_analogies(WORDS, VECTORS, str(path)).total == (2, 4)
    binary = io.BytesIO(QUESTIONS.encode())
    assert evaluation.word_analogies(WORDS, VECTORS, binary).total == (2, 4)


def test_a_vector_is_needed_for_each_word():
    with pytest.raises(ValueError, match="got 9 words and 8 vectors"):
        ask(vectors=VECTORS[:8])


def test_questions_about_integer_words_are_answered():
    result = ask(": s\n4 0 5 1\n", list(range(len(WORDS))))
    assert result.total == (1, 1)


def test_keyedvectors_return_what_gensim_returns():
    wv = KeyedVectors(WORDS, VECTORS)
    score, sections = wv.evaluate_word_analogies(io.StringIO(QUESTIONS))
    assert score == 0.5
    assert [s["section"] for s in sections] == [
        "capitals",
        "empty",
        "other",
        "Total accuracy",
    ]
    assert sections[-1]["correct"] == sections[0]["correct"]
    assert sections[0]["correct"][0] == ("PARIS", "FRANCE", "ROME", "ITALY")
    assert len(sections[-1]["incorrect"]) == 2
    exact = io.StringIO(": s\nparis France rome Italy\n")
    _, sections = wv.evaluate_word_analogies(exact, case_insensitive=False)
    assert sections[0]["correct"] == [("paris", "France", "rome", "Italy")]


# --- word pairs -------------------------------------------------------------------

PAIRS = "# a comment\nparis\tFRANCE\t9\nrome\titaly\t8.5\nparis\tnoise\t1\nx\ty\t3\n"


def compare(pairs=PAIRS, words=WORDS, vectors=VECTORS, **options):
    return evaluation.word_pairs(words, vectors, io.StringIO(pairs), **options)


def test_correlations_are_those_of_the_cosines():
    result = compare()
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1)[:, None]
    cosines = [unit[4] @ unit[0], unit[5] @ unit[1], unit[4] @ unit[8]]
    expected = np.corrcoef([9, 8.5, 1], cosines)[0, 1]
    assert result.pearson.statistic == pytest.approx(expected, abs=1e-6)
    assert (result.seen, result.pairs, result.coverage) == (3, 4, 0.75)


def test_undefined_correlations_are_nan():
    constant = compare("paris\tfrance\t5\nrome\titaly\t5\nparis\tnoise\t5\n")
    assert math.isnan(constant.pearson.statistic)
    assert math.isnan(constant.spearman.pvalue)
    two = compare("paris\tfrance\t5\nparis\tnoise\t1\n")
    assert two.pearson.statistic == pytest.approx(1)
    assert math.isnan(two.pearson.pvalue)


def test_unknown_pairs_can_count_as_unrelated():
    result = compare(dummy4unknown=True)
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1)[:, None]
    cosines = [unit[4] @ unit[0], unit[5] @ unit[1], unit[4] @ unit[8], 0]
    expected = np.corrcoef([9, 8.5, 1, 3], cosines)[0, 1]
    assert result.pearson.statistic == pytest.approx(expected, abs=1e-6)
    assert (result.seen, result.pairs) == (3, 4)


def test_no_known_pair_is_an_error():
    with pytest.raises(ValueError, match="none of the 1 word pairs"):
        compare("x\ty\t3\n")
    with pytest.raises(ValueError, match="there are no word pairs"):
        compare("# nothing\n")


def test_no_question_is_an_error_and_none_that_can_be_asked_a_warning():
    wv = KeyedVectors(WORDS, VECTORS)
    with pytest.raises(ValueError, match="there are no questions"):
        wv.evaluate_word_analogies(io.StringIO(": empty\n"))
    with pytest.warns(UserWarning, match="none of the 1 questions has all its words"):
        score, _ = wv.evaluate_word_analogies(io.StringIO(": s\nx y z w\n"))
    assert score == 0


@pytest.mark.parametrize(
    "line",
    ["a\tb", "a\tb\tc", "a b 3", "a\tb\tnan", "a\tb\t1\t2", "Word 1\tWord 2\tMean"],
)
def test_a_malformed_pair_is_named(line):
    with pytest.raises(ValueError, match="line 2: expected two words and a number"):
        compare(f"# header\n{line}\n")


def test_the_delimiter_can_be_chosen():
    assert compare("paris, france, 9\r\nrome, noise, 1\r\n", delimiter=",").seen == 2
    with pytest.raises(ValueError, match="delimiter must be a str that separates"):
        compare("paris, france, 9\n", delimiter="")
    for odd in (b"\t", None):
        with pytest.raises(TypeError, match=r"delimiter must be .* got .*(bytes|None)"):
            compare("paris, france, 9\n", delimiter=odd)


def test_keyedvectors_return_pairs_as_gensim_does():
    wv = KeyedVectors(WORDS, VECTORS)
    pearson, spearman, unknown = wv.evaluate_word_pairs(io.StringIO(PAIRS))
    assert pearson.statistic == pearson[0]
    assert spearman.pvalue == spearman[1]
    assert unknown == 25.0


# --- peers ------------------------------------------------------------------------


def compute_accuracy(vectors_file, questions_file, threshold):
    """Run the C program; return sections, totals, and questions seen and in all."""
    program = shutil.which("word2vec-compute-accuracy")
    if program is None:
        pytest.skip("word2vec-compute-accuracy (package word2vec) is not installed")
    with open(questions_file, "rb") as questions:
        done = subprocess.run(
            [program, vectors_file, str(threshold)],
            stdin=questions,
            capture_output=True,
            check=True,
            timeout=600,
        )
    text = done.stdout.decode()
    names = re.findall(r"^(\S+):$", text, re.MULTILINE)
    scores = re.findall(r"ACCURACY TOP1: \S+ %  \((\d+) / (\d+)\)", text)
    totals = re.findall(
        r"Total accuracy: (\S+) %   Semantic accuracy: (\S+) %   "
        r"Syntactic accuracy: (\S+) %",
        text,
    )
    seen = re.search(r"Questions seen / total: (\d+) (\d+)", text)
    sections = [(n, int(c), int(t)) for n, (c, t) in zip(names, scores, strict=True)]
    return sections, totals[-1], tuple(map(int, seen.groups()))


def assert_same_as_c(wv, questions_file, threshold, theirs):
    result = evaluation.word_analogies(
        wv.index_to_key, wv.vectors, questions_file, threshold
    )
    sections, totals, seen = theirs
    ours = [(s.name, s.score.correct, s.score.asked or 1) for s in result.sections]
    assert ours == sections
    scores = (result.total, result.semantic, result.syntactic)
    # The C program divides by zero where there was no question.
    printed = [f"{s.accuracy * 100:.2f}" if s.asked else "-nan" for s in scores]
    assert printed == list(totals)
    assert (result.seen, result.questions) == seen


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0, 45])
def test_accuracy_agrees_with_the_c_program(tmp_path, seed, threshold):
    words, vectors, questions = random_case(seed)
    wv = KeyedVectors(words, vectors)
    wv.save_word2vec_format(tmp_path / "vectors.bin", binary=True)
    lines = []
    for number, question in enumerate(questions):
        if number % 20 == 0:
            lines.append(f": section-{number}")
        lines.append(" ".join(question))
    path = tmp_path / "questions"
    path.write_text("\n".join(lines) + "\n")
    theirs = compute_accuracy(tmp_path / "vectors.bin", path, threshold)
    assert_same_as_c(wv, path, threshold, theirs)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Vectors that the C program trained on 12 MB of Wikipedia."""
    if shutil.which("word2vec") is None:
        pytest.skip("the C program word2vec is not installed")
    if not (SHARED_DATA / "wiki100.txt.xz").exists():
        pytest.skip("needs ../shared/data/wiki100.txt.xz")
    folder = tmp_path_factory.mktemp("trained")
    with lzma.open(SHARED_DATA / "wiki100.txt.xz") as file:
        (folder / "text").write_bytes(file.read(12_000_000))
    options = "-size 50 -window 5 -sample 1e-3 -negative 5 -cbow 0 -iter 1 -binary 1"
    command = ["word2vec", "-train", "text", "-output", "vectors.bin", "-threads", "2"]
    subprocess.run(
        [*command, *options.split()],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    return folder / "vectors.bin"


@pytest.mark.peer
@pytest.mark.slow
def test_accuracy_of_trained_vectors_agrees_with_the_c_program(trained):
    questions = SHARED_DATA / "questions-words.txt"
    if not questions.exists():
        pytest.skip("needs ../shared/data/questions-words.txt")
    wv = KeyedVectors.load_word2vec_format(trained, binary=True)
    assert_same_as_c(wv, questions, 10000, compute_accuracy(trained, questions, 10000))


@pytest.mark.peer
@pytest.mark.slow
def test_accuracy_of_trained_vectors_agrees_with_gensim(trained):
    gensim = pytest.importorskip(
        "gensim.models.keyedvectors", reason="gensim is not installed"
    )
    questions = SHARED_DATA / "questions-words.txt"
    if not questions.exists():
        pytest.skip("needs ../shared/data/questions-words.txt")
    theirs = gensim.KeyedVectors.load_word2vec_format(str(trained), binary=True)
    ours = KeyedVectors.load_word2vec_format(trained, binary=True)
    score, sections = theirs.evaluate_word_analogies(str(questions), 5000)
    our_score, our_sections = ours.evaluate_word_analogies(questions, 5000)
    assert our_score == pytest.approx(score, abs=1e-4)
    assert [s["section"] for s in our_sections] == [s["section"] for s in sections]


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.parametrize("name", ["EN-WS-353-ALL.txt", "EN-SIMLEX-999.txt"])
@pytest.mark.parametrize("dummy4unknown", [False, True])
def test_word_pairs_of_trained_vectors_agree_with_gensim(trained, name, dummy4unknown):
    gensim = pytest.importorskip(
        "gensim.models.keyedvectors", reason="gensim is not installed"
    )
    if not (SHARED_DATA / name).exists():
        pytest.skip(f"needs ../shared/data/{name}")
    path = str(SHARED_DATA / name)
    theirs = gensim.KeyedVectors.load_word2vec_format(str(trained), binary=True)
    ours = KeyedVectors.load_word2vec_format(trained, binary=True)
    pearson, spearman, unknown = theirs.evaluate_word_pairs(
        path, dummy4unknown=dummy4unknown
    )
    found = ours.evaluate_word_pairs(path, dummy4unknown=dummy4unknown)
    assert found[0] == pytest.approx(tuple(pearson), rel=1e-4, abs=1e-5)
    # Similarities that are equal but for rounding may be ranked differently.
    assert found[1] == pytest.approx(tuple(spearman), rel=1e-3, abs=2e-4)
    assert found[2] == pytest.approx(unknown)
