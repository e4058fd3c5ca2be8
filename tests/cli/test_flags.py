"""Parsing flags as the C program does, and spelling parameters as flags."""

import re

import pytest

from w2vfast.cli import train
from w2vfast.cli.flags import (
    Flag,
    FlagGroup,
    FlagParser,
    FlagSpelling,
    Parser,
    UsageError,
    listed_words,
    number,
    output_path,
    path,
    switch,
    whole_number,
)
from w2vfast.errors import ParameterError, Setting, Value

C_FLAGS = (
    "train output size window sample hs negative threads iter min-count alpha "
    "classes debug binary save-vocab read-vocab cbow"
)
PARSER = FlagParser(
    "test",
    "w2vfast test [flags]",
    (
        FlagGroup(
            "As in C:",
            ("-", "--"),
            (
                Flag("size", whole_number, "N", "length of a vector", "vector_size"),
                Flag("hs", switch, "0|1", "hierarchical softmax", "hs"),
                Flag("alpha", number, "X", "learning rate", "alpha"),
                Flag("train", path, "FILE", "text"),
            ),
        ),
        FlagGroup(
            "Others:",
            ("--",),
            (
                Flag("mode", str, "HOW", "fast or exact", "mode"),
                Flag("resume", None, "", "go on", "resume"),
                Flag("quiet", None, "", "print errors only"),
            ),
        ),
    ),
    "The end.",
)


def message_of(*arguments):
    with pytest.raises(UsageError) as caught:
        PARSER.read(arguments)
    return caught.value.args[0]


# --- FlagParser ---------------------------------------------------------------------


def test_only_given_flags_are_returned():
    assert PARSER.read([]) == {}
    assert PARSER.read(["-size", "7"]) == {"size": 7}


def test_values_follow_a_flag_or_its_equals_sign():
    given = PARSER.read(["--size=3", "--alpha", ".5", "--quiet", "-train", "-"])
    assert given == {"size": 3, "alpha": 0.5, "quiet": True, "train": "-"}


def test_the_first_of_repeated_single_dash_flags_counts():
    assert PARSER.read(["-size", "5", "-hs", "0", "-size", "6", "-hs", "1"]) == {
        "size": 5,
        "hs": False,
    }


def test_another_value_of_a_repeated_flag_is_a_warning(corpus, output, train, capsys):
    assert train(corpus, output, "-size", 9, "-debug", 0) == 0
    assert capsys.readouterr().err == ""
    assert train(corpus, output, "-size", 9, "-iter", 1) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "more" in line]
    assert warnings == [
        "w2vfast: warning: -size is given more than once, and the first counts, as in "
        "the C program: 4, not 9. Leave one of them out."
    ]


@pytest.mark.parametrize(
    "arguments",
    [["--mode", "a", "--mode", "a"], ["-size", "5", "--size=5"], ["--quiet"] * 2],
)
def test_a_repeated_double_dash_flag_is_an_error(arguments):
    assert "is given more than once. Leave one of them out." in message_of(*arguments)


def test_every_flag_of_the_c_program_has_one_dash_or_two():
    for name in C_FLAGS.split():
        one, two = (train.PARSER.read([dashes + name, "1"]) for dashes in ("-", "--"))
        assert one == two
        assert list(one) == [name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-sise", "5"], "unknown flag -sise. Did you mean -size?"),
        (["-mode", "exact"], "unknown flag -mode. Use --mode."),
        (["--zzz=1"], "unknown flag --zzz=1."),
        (["corpus"], "'corpus' follows no flag."),
        ([""], "'' follows no flag."),
        (["-size"], "-size needs a value: length of a vector."),
        (["--mode", "--quiet"], "--mode needs a value: fast or exact."),
        (["--quiet=1"], "--quiet takes no value, got '1'."),
        (["-size", "ten"], "-size must be a whole number, got 'ten'. It sets: length"),
        (["--alpha=x"], "--alpha must be a number, got 'x'. It sets: learning rate."),
        (["-train", ""], "-train must be the name of a file, got ''. It sets: text."),
    ],
)
def test_a_wrong_flag_is_explained(arguments, message):
    assert message_of(*arguments).startswith(message)


@pytest.mark.parametrize("flag", ["-siz", "--siz", "--qui", "-tr"])
def test_abbreviations_are_not_accepted(flag):
    assert message_of(flag, "5").startswith(f"unknown flag {flag}")
    assert message_of("-h2").endswith("ignored explicit argument '2'")


def test_an_error_tells_where_the_help_is():
    with pytest.raises(UsageError) as caught:
        PARSER.read(["-zzz"])
    assert caught.value.hint == "Try 'w2vfast test --help'."


def test_help_lists_every_flag_with_its_dashes():
    lines = PARSER.format_help().splitlines()
    assert lines[0] == "w2vfast test [flags]"
    assert "  -size N                   length of a vector" in lines
    assert "  --mode HOW                fast or exact" in lines
    assert lines[-1] == "The end."


# --- Parser -------------------------------------------------------------------------


def test_a_parser_of_options_accepts_no_abbreviations_either():
    parser = Parser("test")
    parser.add_argument("-o", "--output")
    assert parser.parse_args(["-oname"]).output == "name"
    for arguments in (["--out", "x"], ["--outp=x"]):
        with pytest.raises(UsageError, match="unrecognized arguments: --out") as caught:
            parser.parse_args(arguments)
    assert caught.value.hint.startswith("usage: w2vfast test ")
    assert caught.value.hint.endswith("Try 'w2vfast test --help'.")


# --- values -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), (" 7", 7), ("+7", 7), ("-7", -7), ("7.0", 7)]
)
def test_whole_numbers_are_read_as_c_reads_them(text, value):
    assert whole_number(text) == value
    assert PARSER.read(["-size", text]) == {"size": value}


@pytest.mark.parametrize("text", ["", "x", "1e3", "5x", "7.5", "1_000", "٣", "0x10"])
def test_what_c_would_read_as_another_number_is_an_error(text):
    with pytest.raises(ValueError, match=r"^a whole number$"):
        whole_number(text)


@pytest.mark.parametrize("text", ["", "x", "1e-3x", "1_0", "1,5"])
def test_unreadable_real_numbers_are_an_error(text):
    with pytest.raises(ValueError, match=r"^a number$"):
        number(text)


@pytest.mark.parametrize(("text", "value"), [("0", False), ("1", True), (" 1", True)])
def test_a_switch_is_0_or_1(text, value):
    assert switch(text) is value


@pytest.mark.parametrize("text", ["2", "-1", "", "yes", "1.0"])
def test_another_number_is_no_switch(text):
    with pytest.raises(ValueError, match=r"^0 or 1$"):
        switch(text)


def test_a_dash_is_standard_output_where_files_are_written():
    assert output_path("-") == "/dev/stdout"
    assert output_path("a.txt") == "a.txt"


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_words_are_listed_with_commas_or_in_a_file(bom, tmp_path):
    assert listed_words("of, new york,") == ["of", "new york"]
    (tmp_path / "words").write_bytes(bom + b"of the\n\nand\n")
    assert listed_words(str(tmp_path / "words")) == ["of", "the", "and"]


def test_a_missing_file_of_words_is_no_word():
    with pytest.raises(ValueError, match="a file that exists, or words with commas"):
        listed_words("missing.txt")
    assert listed_words("3.5") == ["3.5"]


def test_listed_words_may_be_longer_than_a_file_name():
    words = [f"word{n}" for n in range(1000)]
    assert listed_words(",".join(words)) == words


# --- spelling -----------------------------------------------------------------------


def test_parameters_are_spelled_as_flags():
    spelling = FlagSpelling(PARSER)
    assert spelling.name("vector_size") == "-size"
    assert spelling.setting("vector_size", 5) == "-size 5"
    assert spelling.setting("hs", True) == "-hs 1"
    assert spelling.setting("mode", "exact") == "--mode exact"
    assert spelling.setting("resume", True) == "--resume"
    assert spelling.setting("resume", False) == "no --resume"


def test_parameters_without_a_flag_are_spelled_as_in_python():
    spelling = FlagSpelling(PARSER)
    assert spelling.name("min_alpha") == "min_alpha"
    assert spelling.setting("cbow_gradient", "mean") == "cbow_gradient='mean'"


def test_an_error_has_no_python_in_it():
    accepted = (Value(False), " with ", Setting("mode", "exact"))
    error = ParameterError("hs", True, accepted, unset="the default")
    assert error.spelled(FlagSpelling(PARSER)) == (
        "-hs must be 0 with --mode exact, got 1. Without -hs: the default."
    )
    error = ParameterError("mode", "exact", (Value(None), " here"))
    expected = "--mode must be left out here, got exact."
    assert error.spelled(FlagSpelling(PARSER)) == expected


# --- names of other programs --------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "hint"),
    [
        ("-epochs", "Use -iter."),
        ("--epoch", "Use -iter."),
        ("-sg", "Use -cbow 0 for skip-gram, -cbow 1 for CBOW."),
        ("-input", "Use -train."),
        ("--corpus-file", "Use -train."),
        ("-dim", "Use -size."),
        ("--deacc", "Use --tokenize simple --remove-accents."),
        ("--min-len", "Use --tokenize simple --min-length."),
        ("--delimiter", "The first rows of a CSV file tell what separates them."),
        ("--vector_size", "Use -size."),
        ("-vector-size=5", "Use -size."),
        ("-lr", "Use -alpha."),
        ("-minCount", "Use -min-count."),
        ("-workers", "Use -threads."),
        ("-freeze", "Use --freeze."),
        ("-save_vocab", "Use -save-vocab."),
        ("-ns_exponent", "Use Word2Vec(ns_exponent=...) in Python; there is no flag"),
        ("-minn", "Subwords and labels are not supported."),
        ("-widow", "Did you mean -window?"),
    ],
)
def test_names_of_other_programs_lead_to_flags(flag, hint):
    with pytest.raises(UsageError) as caught:
        train.PARSER.read([flag, "3"])
    assert str(caught.value).startswith(f"unknown flag {flag}. {hint}")


def test_what_other_names_lead_to_exists():
    for sentence in train.OTHER_NAMES.values():
        for spelling in re.findall(r"(?<!\S)--?[a-z-]+", sentence):
            assert spelling in train.PARSER.spelled
