"""Exact mode of phrases: each rule of the C program, and one of its output files."""

import pytest
from golden_files import check_bytes, tools_digests
from helpers import GOLDEN
from hypothesis import given
from hypothesis import strategies as st
from odd_texts import odd_bytes

from w2vfast.cli.main import main
from w2vfast.phrases import word2phrase


@pytest.fixture
def write(tmp_path):
    """Return a function that joins the phrases of a text in exact mode."""

    def run(text, **options):
        (tmp_path / "text").write_bytes(text)
        word2phrase.word2phrase(tmp_path / "text", tmp_path / "out", **options)
        return (tmp_path / "out").read_bytes()

    return run


def test_the_output_equals_that_of_the_c_program(tmp_path):
    corpus = GOLDEN / "corpora" / "lines.txt"
    files = ["-train", str(corpus), "-output", str(tmp_path / "out")]
    flags = ["--mode", "exact", "-debug", "0", "-threshold", "100"]
    assert main(["phrases", *files, *flags, "-min-count", "5"]) == 0
    name = "lines.phrases.txt"
    written = (tmp_path / "out").read_bytes()
    check_bytes(written, GOLDEN / "tools" / name, tools_digests()[name])


@given(odd_bytes, st.integers(1, 20))
def test_the_output_does_not_depend_on_the_bounds_of_blocks(
    tmp_path_factory, data, block_bytes
):
    folder = tmp_path_factory.mktemp("text")
    (folder / "text").write_bytes(b"w " + data * 3)
    for name, size in (("whole", 1 << 20), ("blocks", block_bytes)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(word2phrase, "BLOCK_BYTES", size)
            word2phrase.word2phrase(
                folder / "text", folder / name, min_count=2, threshold=1
            )
    assert (folder / "blocks").read_bytes() == (folder / "whole").read_bytes()


def test_a_file_that_is_no_text_is_read_with_a_warning(write):
    with pytest.warns(UserWarning, match="is a zip archive, not UTF-8 text"):
        assert write(b"PK\x03\x04 a b ")


def test_words_of_one_line_are_joined(write):
    text = b"a b x a b y a b z a b\n" * 5
    assert write(text, threshold=2).startswith(b" a_b x a_b y")
    assert write(text, threshold=10**6) == b" a b x a b y a b z a b\n" * 5


def test_a_pair_is_counted_but_not_joined_across_line_ends(write):
    # The pair b, a occurs seven times, but only once within a line.
    text = b"b\na\n" * 6 + b"b a\n"
    assert write(text, threshold=0.2) == b" b\n a\n" * 6 + b" b_a\n"


def test_a_literal_sentence_end_token_ends_a_line(write):
    assert write(b"a </s> b\n") == b" a\n b\n"


def test_the_last_word_is_lost_unless_white_space_follows(write):
    assert write(b"a b") == b" a"
    assert write(b"a b ") == b" a b"


def test_words_are_cut_at_58_bytes(write):
    assert write(b"x" * 57 + b" " + b"y" * 80 + b"\r\n") == (
        b" " + b"x" * 57 + b" " + b"y" * 58 + b"\n"
    )


def test_pairs_with_the_same_first_59_bytes_are_counted_together(write):
    left = b"x" * 57
    # The cut makes yb and yc equal; q keeps the last pair from being lost in sorting.
    text = (left + b" yb\n") * 4 + left + b" yc\nq q\n"
    lines = write(text, min_count=1, threshold=0.5).split(b"\n")
    assert lines[4] == b" " + left + b"_yc"


def test_a_nul_byte_ends_a_word(write):
    assert write(b"a\0b \0c d\n") == b" a  d\n"


def test_a_rare_word_is_not_joined(write):
    text = b"a u b c\n" + b"a b c\n" * 6
    lines = write(text, min_count=2, threshold=1).split(b"\n")
    assert lines[0] == b" a u b_c"
    assert lines[1] == b" a_b c"


def test_carriage_returns_are_skipped_everywhere(write):
    assert write(b"a\rb \r c\r\n") == b" ab c\n"


def test_with_min_count_1_an_entry_is_lost_in_sorting(write):
    # The lost entry is the last new one that occurs once: w, unless a word follows.
    options = {"min_count": 1, "threshold": 1}
    assert write(b"l_w x l w\n", **options) == b" l_w x l w\n"
    assert write(b"l_w x l w y\n", **options) == b" l_w x l_w y\n"


def test_a_threshold_below_0_joins_unknown_words_too(write):
    assert write(b"a b a b\n", threshold=-1) == b"_a_b_a_b\n"


@pytest.mark.parametrize("path", ["-", "/dev/null"])
def test_input_that_cannot_be_read_twice_is_rejected(path, tmp_path):
    with pytest.raises(ValueError, match="reads the text twice"):
        word2phrase.word2phrase(path, tmp_path / "out")


def test_a_missing_file_raises_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        word2phrase.word2phrase(tmp_path / "missing", tmp_path / "out")


def test_an_interrupted_run_keeps_the_old_output(tmp_path):
    (tmp_path / "text").write_bytes(b"a b\n")
    (tmp_path / "out").write_bytes(b"old")

    def interrupted(done, total):
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        word2phrase.word2phrase(tmp_path / "text", tmp_path / "out", report=interrupted)
    assert (tmp_path / "out").read_bytes() == b"old"


def test_progress_covers_both_passes(tmp_path):
    (tmp_path / "text").write_bytes(b"a b\n" * 100)
    seen = []
    word2phrase.word2phrase(
        tmp_path / "text",
        tmp_path / "out",
        report=lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen)
    assert (400, 800) in seen
    assert seen[-1] == (800, 800)
