"""distance, analogy and accuracy compared with the C programs, on the same files.

Compile the C programs with the flags in CONTRIBUTING.md.  The output is then identical
byte for byte, except where cosines in accuracy differ by less than rounding.
"""

import lzma
import random
import shutil
import subprocess

import numpy as np
import pytest
from helpers import POEMS, SHARED_DATA, run_cli

from w2vfast import KeyedVectors, Word2Vec

pytestmark = pytest.mark.peer


def run_c(tool, *arguments, text):
    program = shutil.which(f"word2vec-{tool}")
    if program is None:
        pytest.skip(f"word2vec-{tool} is not on PATH; CONTRIBUTING.md installs it")
    command = [program, *map(str, arguments)]
    done = subprocess.run(
        command, input=text, capture_output=True, check=True, timeout=600
    )
    return done.stdout


def run_here(tool, *arguments, text):
    done = run_cli(tool, *arguments, input=text, text=False, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def poems(tmp_path_factory):
    """Return a file of trained vectors with non-ASCII words; row 0 is </s>."""
    path = tmp_path_factory.mktemp("poems") / "vectors.bin"
    options = {"vector_size": 40, "min_count": 30, "epochs": 1, "mode": "exact"}
    model = Word2Vec(corpus_file=POEMS, progress=False, **options)
    model.wv.save_word2vec_format(path, binary=True)
    return path


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Return a file with fewer words than the tools list; one vector is zero."""
    path = tmp_path_factory.mktemp("few") / "vectors.bin"
    vectors = np.random.default_rng(3).normal(size=(25, 7)).astype(np.float32)
    vectors[9] = 0
    words = [f"w{n}" for n in range(25)]
    KeyedVectors(words, vectors).save_word2vec_format(path, binary=True)
    return path


def sentences(path, lengths, seed=1):
    """Yield random words of a file, sometimes an unknown one, never row 0."""
    rng = random.Random(seed)
    words = KeyedVectors.load_word2vec_format(path, binary=True).index_to_key[1:]
    for _ in range(60):
        chosen = rng.choices(words, k=rng.choice(lengths))
        if rng.random() < 0.15:
            chosen[rng.randrange(len(chosen))] = "unknown-word"
        yield " ".join(chosen).encode()


@pytest.mark.parametrize("tool", ["distance", "analogy"])
@pytest.mark.parametrize("file", ["poems", "few"])
def test_an_interactive_session_prints_what_the_c_program_prints(request, tool, file):
    path = request.getfixturevalue(file)
    lengths = [1, 1, 2, 3, 6] if tool == "distance" else [1, 2, 3, 3, 3, 4]
    text = b"\n".join([*sentences(path, lengths), b"EXIT", b""])
    c_tool = "word-analogy" if tool == "analogy" else tool
    expected = run_c(c_tool, path, text=text)
    assert expected.count(b"\n") > 60 * 20
    assert run_here(tool, path, text=text) == expected


def test_distance_finds_the_first_row(poems):
    text = b"</s>\nEXIT\n"
    assert run_here("distance", poems, text=text) == run_c("distance", poems, text=text)


def test_words_on_the_command_line_are_answered_like_typed_words(poems):
    line = next(s for s in sentences(poems, [3]) if b"unknown" not in s)
    prompts = {
        "distance": b"Enter word or sentence (EXIT to break): ",
        "analogy": b"Enter three words (EXIT to break): ",
    }
    for tool, c_tool in [("distance", "distance"), ("analogy", "word-analogy")]:
        expected = run_c(c_tool, poems, text=line + b"\nEXIT\n")
        found = run_here(tool, poems, *line.decode().split(), text=b"")
        assert expected == prompts[tool] + found + prompts[tool]


# --- accuracy ---------------------------------------------------------------------


def random_questions(path, n_sections, seed=1):
    rng = random.Random(seed)
    vectors = KeyedVectors.load_word2vec_format(path, binary=True)
    words = [*vectors.index_to_key[:400], "unknown-word"]
    lines = []
    for section in range(n_sections):
        lines.append(f": section-{section}")
        # Without any question, C prints -nan; here that is an error.
        for _ in range(rng.choice([0, 3, 40]) if section else 3):
            question = rng.sample(words, 4)
            if "unknown-word" not in question and rng.random() < 0.4:
                a, b, c, _ = question
                ((question[3], _),) = vectors.most_similar([b, c], [a], topn=1)
            lines.append(" ".join(question))
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("threshold", [[], ["0"], ["300"], ["100000"]])
@pytest.mark.parametrize("n_sections", [1, 2, 9])
def test_accuracy_prints_what_the_c_program_prints(poems, threshold, n_sections):
    text = random_questions(poems, n_sections)
    expected = run_c("compute-accuracy", poems, *threshold, text=text)
    assert run_here("accuracy", poems, *threshold, text=text) == expected


@pytest.mark.slow
@pytest.mark.parametrize("threshold", ["0", "5000"])
def test_accuracy_of_english_vectors(tmp_path, threshold):
    questions = SHARED_DATA / "questions-words.txt"
    corpus = SHARED_DATA / "wiki100.txt.xz"
    if not questions.exists() or not corpus.exists():
        pytest.skip("needs ../shared/data/questions-words.txt and wiki100.txt.xz")
    with lzma.open(corpus) as file:
        (tmp_path / "text").write_bytes(file.read(8_000_000))
    path = tmp_path / "vectors.bin"
    # One worker: the same vectors in every run, so that ties do not come and go.
    options = {"vector_size": 50, "sg": 1, "epochs": 2, "workers": 1}
    model = Word2Vec(corpus_file=tmp_path / "text", progress=False, **options)
    model.wv.save_word2vec_format(path, binary=True)
    text = questions.read_bytes()
    expected = run_c("compute-accuracy", path, threshold, text=text)
    assert b"ACCURACY TOP1: 0.00" in expected  # "-nan", 0 and other shares occur
    assert run_here("accuracy", path, threshold, text=text) == expected
