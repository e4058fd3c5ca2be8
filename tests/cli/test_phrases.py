"""The command `w2vfast phrases`: its output, its flags and its errors."""

import pytest
from helpers import run_cli
from phrases_reference import new_york_sentences

from w2vfast import Phrases
from w2vfast.cli.main import main
from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS


@pytest.fixture
def text(tmp_path):
    """A file with sentences in which only "new york" co-occurs often."""
    path = tmp_path / "text"
    path.write_text("\n".join(map(" ".join, new_york_sentences())))
    return path


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("flags", "options"),
    [
        (["-threshold", "0.5"], {"threshold": 0.5}),
        (
            ["-min-count", "20", "-threshold", "0.1"],
            {"min_count": 20, "threshold": 0.1},
        ),
        (
            ["--scoring", "npmi", "-threshold", "0.4"],
            {"scoring": "npmi", "threshold": 0.4},
        ),
        (
            ["-threshold", "0.1", "--connector-words", "w1, w2", "--delimiter", "::"],
            {"threshold": 0.1, "connector_words": {"w1", "w2"}, "delimiter": "::"},
        ),
        (
            ["-threshold", "0.1", "--connector-words", "w1 w2"],
            {"threshold": 0.1, "connector_words": {"w1", "w2"}},
        ),
        (
            ["-threshold", "0.5", "--connector-words", "english"],
            {"threshold": 0.5, "connector_words": ENGLISH_CONNECTOR_WORDS},
        ),
    ],
)
def test_the_output_is_what_phrases_joins(threads, flags, options, text, tmp_path):
    files = ["-train", str(text), "-output", str(tmp_path / "out")]
    assert main(["phrases", "--quiet", *files, *flags, "--threads", str(threads)]) == 0
    sentences = new_york_sentences()
    phrases = Phrases(sentences, **options)
    expected = [" ".join(words) for words in phrases[sentences]]
    assert sum(map(len, phrases[sentences])) < sum(map(len, sentences))
    assert (tmp_path / "out").read_text("utf-8").split("\n") == [*expected, ""]


def test_standard_input_and_output_are_supported(text):
    done = run_cli(
        *("phrases", "-train", "-", "-output", "-", "-threshold", 0.5),
        input=text.read_text(),
    )
    assert done.returncode == 0
    assert done.stdout.count("new_york") == 300
    assert "joined 300 times. Wrote /dev/stdout." in done.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("-threshold 0", "threshold must be above 0"),
        ("--scoring npmi", "must be from -1 to 1"),
        ("--mode exact --scoring npmi", "--scoring is for --mode fast"),
        ("--mode exact --threads 2", "--threads is for --mode fast"),
        ("--threads 0", "--threads must be at least 1, got 0"),
        ("--min-count 1 --min-count 2", "given more than once"),
        ("-output text", "Name two files"),
    ],
)
def test_rejected_flags_exit_with_status_2(
    flags, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("a b\n")
    output = [] if "-output" in flags else ["-output", "out"]
    assert main(["phrases", "-train", "text", *output, *flags.split()]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_debug_0_prints_nothing(text, tmp_path, capsys):
    files = ["-train", str(text), "-output", str(tmp_path / "out")]
    assert main(["phrases", *files, "-debug", "0"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_first_of_repeated_flags_counts_as_in_c(tmp_path):
    (tmp_path / "text").write_bytes(b"a b\n")
    files = ["-train", str(tmp_path / "text"), "-output", str(tmp_path / "out")]
    flags = ["-threshold", "-1", "-threshold", "100", "--mode", "exact", "--quiet"]
    assert main(["phrases", *files, *flags]) == 0
    assert (tmp_path / "out").read_bytes() == b"_a_b\n"


def test_the_text_may_be_split_by_a_tokenizer(tmp_path):
    text, output = tmp_path / "text", tmp_path / "joined"
    text.write_text("In New York, new-york!\n" * 20)
    flags = ["--tokenize", "simple", "-threshold", "0.12", "--quiet"]
    assert main(["phrases", "-train", str(text), "-output", str(output), *flags]) == 0
    assert set(output.read_text().splitlines()) == {"in new_york new_york"}


def test_the_tokenizer_may_drop_accents(tmp_path):
    text, output = tmp_path / "text", tmp_path / "joined"
    text.write_text("In São Paulo, sao-paulo!\n" * 20, "utf-8")
    flags = ["--tokenize", "simple", "--remove-accents", "-threshold", "0.12"]
    files = ["-train", str(text), "-output", str(output), "--quiet"]
    assert main(["phrases", *files, *flags]) == 0
    assert set(output.read_text().splitlines()) == {"in sao_paulo sao_paulo"}
    assert main(["phrases", *files, "--min-length", "1"]) == 2


def test_a_column_of_text_is_an_error(tmp_path, capsys):
    (tmp_path / "text").write_text("a b\n")
    flags = ["-output", str(tmp_path / "joined"), "--column", "text"]
    assert main(["phrases", "-train", str(tmp_path / "text"), *flags]) == 1
    assert "is read as text" in capsys.readouterr().err
