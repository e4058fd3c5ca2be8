"""The command line: flags, exit codes, what is said where, files whole or not."""

import contextlib
import os
import re
import signal
import subprocess
import time

import numpy as np
import pytest
from helpers import CHILD_OPTIONS, cli_command, run_cli

import w2vfast
import w2vfast.cli.main as cli
from w2vfast.cli.main import main, parse_flags
from w2vfast.vectors.keyedvectors import KeyedVectors

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

C_FLAGS = (
    "train output size window sample hs negative threads iter min-count alpha "
    "classes debug binary save-vocab read-vocab cbow"
)
SMALL = ["-size", "4", "-iter", "1", "-min-count", "1", "-threads", "1"]


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    words = np.random.default_rng(0).integers(0, 50, 3000)
    lines = [" ".join(f"w{word}" for word in row) for row in words.reshape(-1, 10)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def output(tmp_path):
    """Where vectors go; in a folder of its own, so that left-overs are seen."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "vectors.txt"


def train(corpus, output, *flags):
    files = ["-train", str(corpus), "-output", str(output)]
    return main(["train", *files, *SMALL, *map(str, flags)])


@contextlib.contextmanager
def child_process(command, **pipes):
    options = {"stderr": subprocess.PIPE, **CHILD_OPTIONS, **pipes}
    with subprocess.Popen(command, **options) as child:
        try:
            yield child
        finally:
            child.kill()


# --- reading the flags ------------------------------------------------------


def test_the_first_of_repeated_single_dash_flags_counts():
    flags = parse_flags(["-size", "5", "-cbow", "0", "-size", "6", "-cbow", "1"])
    assert flags == {"size": 5, "cbow": False}


@pytest.mark.parametrize(
    "arguments",
    [["--seed", "1", "--seed", "2"], ["-size", "5", "--size=5"], ["--quiet"] * 2],
)
def test_a_double_dash_flag_given_again_is_an_error(arguments):
    with pytest.raises(cli.UsageError, match="is given more than once"):
        parse_flags(arguments)


def test_values_follow_a_flag_or_its_equals_sign():
    flags = parse_flags(["--min-count=3", "--alpha", ".5", "--quiet", "-train", "-"])
    assert flags == {"min-count": 3, "alpha": 0.5, "quiet": True, "train": "-"}


def test_every_flag_of_the_c_program_is_taken_with_one_dash_and_with_two():
    for name in C_FLAGS.split():
        assert parse_flags([f"-{name}", "1"]) == parse_flags([f"--{name}", "1"])


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), (" 7", 7), ("+7", 7), ("-7", -7), ("7.0", 7)]
)
def test_whole_numbers_are_read_as_c_reads_them(text, number):
    assert parse_flags(["-size", text]) == {"size": number}


@pytest.mark.parametrize("text", ["", "x", "1e3", "5x", "7.5", "1_000", "٣", "0x10"])
def test_what_c_would_read_as_another_number_is_an_error(text):
    with pytest.raises(cli.UsageError, match=r"^-size needs a whole number, got "):
        parse_flags(["-size", text])


@pytest.mark.parametrize("text", ["", "x", "1e-3x", "1_0", "1,5"])
def test_unreadable_real_numbers_are_an_error(text):
    with pytest.raises(cli.UsageError, match=r"^--sample needs a number, got "):
        parse_flags([f"--sample={text}"])


@pytest.mark.parametrize(("text", "value"), [("0", False), ("1", True), ("2", True)])
def test_a_switch_is_on_for_every_number_but_zero(text, value):
    assert parse_flags(["-hs", text]) == {"hs": value}


def test_the_defaults_are_those_of_the_c_program():
    request = cli._Request(["-train", "a", "-output", "b"])
    params = request.params
    assert (params.sg, params.hs, params.negative, params.epochs) == (0, 0, 5, 5)
    assert (params.vector_size, params.window, params.min_count) == (100, 5, 5)
    assert (params.sample, params.start_alpha) == (1e-3, 0.05)
    assert (request.binary, request.n_classes, request.verbosity) == (False, 0, 2)
    assert (params.mode, params.workers) == ("fast", None)


def test_cbow_zero_is_skip_gram_with_its_alpha():
    params = cli._Request(["-train", "a", "-output", "b", "-cbow", "0"]).params
    assert params.sg is True
    assert params.start_alpha == 0.025


# --- wrong command lines ----------------------------------------------------

FILES = ["train", "-train", "corpus", "-output", "vectors"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs a command."),
        (["trian"], "needs a command, got 'trian'"),
        (["demo", "now"], "demo takes no arguments, got 'now'."),
        (["train"], "-train is missing"),
        (["train", "-train", "corpus"], "nothing to write: give -output"),
        (["train", "-output", "x"], "-train is missing"),
        (["train", "-train"], "-train needs a value"),
        (["train", "corpus"], "'corpus' follows no flag"),
        (["train", ""], "'' follows no flag"),
        ([*FILES, "-sise", "5"], "unknown flag -sise. Did you mean -size?"),
        ([*FILES, "-mode", "exact"], "unknown flag -mode. Did you mean --mode?"),
        ([*FILES, "--zzz=1"], "unknown flag --zzz=1."),
        ([*FILES, "--quiet=1"], "--quiet takes no value, got '1'."),
        ([*FILES, "-size", "ten"], "-size needs a whole number, got 'ten'"),
        ([*FILES, "-output", ""], "-output needs the name of a file"),
        ([*FILES, "-window", "0"], "-window must be from 1"),
        ([*FILES, "-sample", "nan"], "-sample must be a finite number"),
        (
            [*FILES, "-negative", "0"],
            "-negative 0 and -hs 0: nothing to train. Set -negative 5 or -hs 1.",
        ),
        ([*FILES, "-iter", "0"], "-iter must be from 1"),
        ([*FILES, "-threads", "0"], "-threads must be from 1 to 4096, got 0.\n"),
        ([*FILES, "-classes", "-1"], "-classes must be at least 0, got -1."),
        ([*FILES, "--mode", "quick"], "--mode must be 'fast' or 'exact'"),
        (
            [*FILES, "--mode", "exact", "-threads", "2"],
            "-threads 2 cannot be used with --mode 'exact'",
        ),
        ([*FILES, "--mode", "exact", "--seed", "9"], "--seed 9 cannot be used"),
    ],
)
def test_a_wrong_command_line_is_explained_and_exits_with_2(
    arguments, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert f"w2vfast: error: {message}" in said.err
    assert "--help" in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["-output", "-save-vocab"])
def test_an_input_is_not_overwritten(flag, corpus, capsys):
    before = corpus.read_bytes()
    assert main(["train", "-train", str(corpus), flag, str(corpus)]) == 2
    assert "is read and would be overwritten" in capsys.readouterr().err
    assert corpus.read_bytes() == before


# --- help and version -------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["demo", "--help"]])
def test_help_goes_to_standard_output(arguments, capsys):
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "w2vfast train -train FILE -output FILE" in said.out
    assert said.err == ""


def test_help_of_train_names_every_flag(capsys):
    assert main(["train", "-train", "x", "--help"]) == 0
    shown = capsys.readouterr().out
    for name in cli._FLAGS:
        assert re.search(rf"^  --?{name} ", shown, re.MULTILINE), name


def test_version_names_the_instruction_set_in_use_too(capsys):
    assert main(["--version"]) == 0
    version, isa, compiler = capsys.readouterr().out.splitlines()
    info = w2vfast.build_info()
    assert version == f"w2vfast {w2vfast.__version__}"
    assert isa.startswith(f"instruction set: {info['instruction_set']} ")
    assert all(name in isa for name in info["available"])
    assert compiler == f"compiler: {info['compiler']}"


def test_version_says_what_is_forced_and_what_cannot_be():
    env = CHILD_OPTIONS["env"]
    done = run_cli("--version", env={**env, "W2VFAST_ISA": "generic"})
    assert "instruction set: generic " in done.stdout
    done = run_cli("--version", env={**env, "W2VFAST_ISA": "mmx"})
    assert done.returncode == 1
    assert "W2VFAST_ISA must be one of" in done.stderr
    assert "generic" in done.stderr


def test_the_package_runs_as_a_module():
    done = run_cli("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(f"w2vfast {w2vfast.__version__}\n")


# --- runs that fail ---------------------------------------------------------


def fails(capsys, *arguments):
    """Run, expect exit status 1, and return the one line that says why."""
    assert main(["train", "-debug", "0", *map(str, arguments)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("w2vfast: error: ")
    return line


def test_a_missing_text_is_named(tmp_path, output, capsys):
    missing = tmp_path / "nowhere.txt"
    assert str(missing) in fails(capsys, "-train", missing, "-output", output)
    assert list(output.parent.iterdir()) == []


def test_an_empty_text_fails(tmp_path, output, capsys):
    empty = tmp_path / "empty.txt"
    empty.touch()
    fails(capsys, "-train", empty, "-output", output)
    assert list(output.parent.iterdir()) == []


def test_too_high_a_min_count_names_the_most_frequent_word(corpus, output, capsys):
    arguments = ["-train", corpus, "-output", output, "-min-count", 100000]
    assert re.search(r"w\d+", fails(capsys, *arguments))


@pytest.mark.parametrize("flag", ["-output", "-save-vocab"])
def test_a_missing_folder_is_found_before_the_text_is_read(
    flag, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("w2vfast.model.Word2Vec", lambda **_: pytest.fail("too late"))
    target = tmp_path / "no" / "vectors.txt"
    line = fails(capsys, "-train", tmp_path / "absent.txt", flag, target)
    assert str(target.parent) in line


def test_a_folder_is_no_output(corpus, tmp_path, capsys):
    line = fails(capsys, "-train", corpus, "-output", tmp_path)
    assert "it is a folder" in line


def test_a_bad_vocabulary_file_is_named_with_its_line(corpus, output, tmp_path, capsys):
    vocab = tmp_path / "bad.vocab"
    vocab.write_text("</s> 300\nw1 many\n")
    line = fails(capsys, "-train", corpus, "-output", output, "-read-vocab", vocab)
    assert "bad.vocab" in line
    assert "line 2" in line


def test_an_unforeseen_error_gives_a_sentence(monkeypatch, capsys):
    def broken(_):
        raise KeyError("x")

    monkeypatch.setattr(cli, "_train", broken)
    assert main(["train", "-train", "a", "-output", "b"]) == 1
    assert capsys.readouterr().err == "w2vfast: error: KeyError: 'x'\n"


def test_too_little_memory_gives_a_sentence(monkeypatch, capsys):
    def broken(_):
        raise MemoryError

    monkeypatch.setattr(cli, "_train", broken)
    assert main(["train", "-train", "a", "-output", "b"]) == 1
    assert capsys.readouterr().err == "w2vfast: error: not enough memory.\n"


@posix_only
def test_a_full_disk_leaves_the_old_file_and_nothing_else(corpus, output):
    import resource

    output.write_text("old")

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    files = ["-train", corpus, "-output", output]
    done = run_cli("train", *files, *SMALL, preexec_fn=small_files_only)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "w2vfast: error: " in done.stderr
    assert output.read_text() == "old"
    assert list(output.parent.iterdir()) == [output]


# --- runs that succeed ------------------------------------------------------


def test_text_vectors_can_be_read_back(corpus, output):
    assert train(corpus, output, "--quiet") == 0
    vectors = KeyedVectors.load_word2vec_format(output)
    assert vectors.vectors.shape == (50, 4)
    assert list(output.parent.iterdir()) == [output]


def test_binary_vectors_are_the_same_numbers(corpus, output, tmp_path):
    binary = tmp_path / "vectors.bin"
    assert train(corpus, output, "--quiet") == 0
    assert train(corpus, binary, "--quiet", "-binary", 1) == 0
    from_text = KeyedVectors.load_word2vec_format(output)
    from_binary = KeyedVectors.load_word2vec_format(binary, binary=True)
    assert from_text.index_to_key == from_binary.index_to_key
    np.testing.assert_array_equal(from_text.vectors, from_binary.vectors)


def test_the_seed_reaches_the_training(corpus, output, tmp_path):
    other = tmp_path / "other.txt"
    assert train(corpus, output, "--quiet", "--seed", 5) == 0
    assert train(corpus, other, "--quiet", "--seed", 6) == 0
    assert output.read_bytes() != other.read_bytes()
    assert train(corpus, other, "--quiet", "--seed", 5) == 0
    assert output.read_bytes() == other.read_bytes()


def test_classes_are_written_instead_of_vectors(corpus, output):
    assert train(corpus, output, "--quiet", "-classes", 3) == 0
    lines = [line.split() for line in output.read_text().splitlines()]
    assert len({word for word, _ in lines}) == 50
    assert {int(number) for _, number in lines} <= {0, 1, 2}


def test_save_vocab_alone_writes_the_vocabulary_and_stops(corpus, tmp_path, capsys):
    vocab = tmp_path / "vocab.txt"
    flags = ["-train", str(corpus), "-save-vocab", str(vocab), "-min-count", "1"]
    assert main(["train", *flags]) == 0
    lines = vocab.read_text().splitlines()
    assert lines[0] == "</s> 300"
    assert len(lines) == 51
    assert "Training" not in capsys.readouterr().err


def test_read_vocab_decides_which_words_have_vectors(corpus, output, tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("</s> 300\nw7 60\nw9 60\nw1 60\n")
    assert train(corpus, output, "--quiet", "-read-vocab", vocab) == 0
    vectors = KeyedVectors.load_word2vec_format(output)
    assert sorted(vectors.index_to_key) == ["w1", "w7", "w9"]


@pytest.mark.parametrize(
    "flags", [["--quiet"], ["-debug", 0], ["--quiet", "-debug", 2]]
)
def test_quiet_runs_say_nothing(flags, corpus, output, capfd):
    assert train(corpus, output, *flags) == 0
    assert capfd.readouterr() == ("", "")


def test_a_summary_without_progress(corpus, output, capfd):
    assert train(corpus, output, "-debug", 1) == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert [line.split()[0] for line in said.err.splitlines()] == [
        "Vocabulary:",
        "Training",
        "Trained",
    ]
    assert "Vocabulary: 50 words, which make up 3,000 words of the text." in said.err
    assert "alpha 0.05" in said.err


def test_progress_goes_to_standard_error(corpus, output, capfd):
    assert train(corpus, output) == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert "words/s" in said.err


def test_a_warning_is_one_line_without_a_place_in_the_code(tmp_path, output, capsys):
    text = tmp_path / "old.txt"
    text.write_bytes(b"a b c\ra b c\r" * 20)
    assert train(text, output, "-debug", 0) == 0
    assert capsys.readouterr().err == ""
    assert train(text, output, "-debug", 1) == 0
    warning = capsys.readouterr().err.splitlines()[0]
    assert warning.startswith("w2vfast: warning: ")
    assert ".py" not in warning


@posix_only
def test_standard_input_and_output(corpus, output):
    files = ["-train", "-", "-output", "/dev/stdout"]
    with corpus.open() as text:
        done = run_cli("train", *files, *SMALL, stdin=text)
    assert done.returncode == 0, done.stderr
    assert train(corpus, output, "--quiet") == 0
    assert done.stdout == output.read_text()


@posix_only
def test_a_reader_that_goes_away_is_no_traceback(corpus):
    # More than a pipe holds, so that writing goes on after the reader has left.
    flags = ["-size", 5000, "-iter", 1, "-min-count", 1, "-debug", 0]
    command = cli_command("train", "-train", corpus, "-output", "/dev/stdout", *flags)
    with child_process(command, stdout=subprocess.PIPE) as child:
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 1


@posix_only
def test_help_without_a_reader_is_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = run_cli(
            "--help", stdout=pipe, stderr=subprocess.PIPE, capture_output=False
        )
    assert (done.returncode, done.stderr) == (1, "")


# --- Ctrl-C -----------------------------------------------------------------


def listen_to_ctrl_c():
    # A shell starts background jobs deaf to it, and children inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(start, lines):
    """Read lines until one begins with `start`; return those before it."""
    said = []
    for line in lines:
        if line.startswith(start):
            return said
        said.append(line)
    pytest.fail(f"ended early: {b''.join(said).decode()}")


def press_ctrl_c(child):
    """Return exit status, what was said, and the seconds it took."""
    pressed = time.perf_counter()
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    return child.returncode, said.decode(), time.perf_counter() - pressed


@posix_only
def test_ctrl_c_while_training_leaves_the_output_untouched(corpus, output):
    output.write_text("old")
    files = ["-train", corpus, "-output", output]
    endless = ["-size", 100, "-min-count", 1, "-iter", 10**6, "-debug", 1]
    command = cli_command("train", *files, *endless)
    with child_process(command, preexec_fn=listen_to_ctrl_c) as child:
        wait_for(b"Training", child.stderr)
        time.sleep(0.5)
        status, said, seconds = press_ctrl_c(child)
    assert status == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert seconds < 5  # a second, and the time a loaded machine needs to end
    assert output.read_text() == "old"
    assert list(output.parent.iterdir()) == [output]


@posix_only
def test_ctrl_c_while_waiting_for_text(output):
    command = cli_command("train", "-train", "-", "-output", output)
    options = {"stdin": subprocess.PIPE, "preexec_fn": listen_to_ctrl_c}
    with child_process(command, **options) as child:
        child.stdin.write(b"some words\n" * 1000)
        child.stdin.flush()
        time.sleep(2)  # NumPy and the package are loaded, the text is awaited
        status, said, seconds = press_ctrl_c(child)
    assert status == 130, said
    assert "Traceback" not in said
    assert seconds < 5
    assert list(output.parent.iterdir()) == []


# --- demo -------------------------------------------------------------------


@pytest.mark.slow
def test_the_demo_finds_neighbours_that_make_sense(capfd):
    assert main(["demo"]) == 0
    shown = capfd.readouterr().out
    assert "132,000 verses" in shown
    assert re.search(r"Speed: +[\d,]+ words/s", shown)
    assert "w2vfast train -train corpus.txt -output vectors.txt" in shown
    for query, neighbours in {
        "月": "日雪",
        "山": "嶺峰",
        "酒": "杯醉",
        "馬": "蹄騎",
    }.items():
        (line,) = re.findall(rf"^  {query} .*", shown, re.MULTILINE)
        assert set(neighbours) & set(line), line
