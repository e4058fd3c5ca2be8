"""The command line: commands, help, exit status, errors, interrupts."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time

import pytest
from helpers import CHILD_OPTIONS, cli_command, posix_only, run_cli, run_python

import w2vfast
from w2vfast.cli import train as train_command
from w2vfast.cli.main import main

FILES = ["train", "-train", "corpus", "-output", "vectors"]


@contextlib.contextmanager
def child_process(command, **pipes):
    options = {"stderr": subprocess.PIPE, **CHILD_OPTIONS, **pipes}
    with subprocess.Popen(command, **options) as child:
        try:
            yield child
        finally:
            child.kill()


# --- wrong command lines ----------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs a command."),
        (["trian"], "needs a command, got 'trian'. Did you mean train?"),
        (["tarin"], "needs a command, got 'tarin'. Did you mean train?"),
        (["Train"], "needs a command, got 'Train'. Did you mean train?"),
        (["most_similar"], "needs a command, got 'most_similar'. Did you mean distan"),
        (["word-analogy"], "needs a command, got 'word-analogy'. Did you mean analogy"),
        (["xyz"], "needs a command, got 'xyz'.\n"),
        (["-train", "x"], "needs a command before flags, got '-train': w2vfast train"),
        (["demo", "now"], "unrecognized arguments: now"),
        (["train"], "-train is missing"),
        (["train", "-train", "corpus"], "nothing to write: give -output"),
        (["train", "-output", "x"], "-train is missing"),
        (["train", "-train"], "-train needs a value"),
        (["train", "corpus"], "'corpus' follows no flag"),
        ([*FILES, "-sise", "5"], "unknown flag -sise. Did you mean -size?"),
        ([*FILES, "-mode", "exact"], "unknown flag -mode. Use --mode."),
        ([*FILES, "-window", "0"], "-window must be at least 1"),
        ([*FILES, "-sample", "nan"], "-sample must be a finite number"),
        (
            [*FILES, "-negative", "0"],
            "-negative must be at least 1 with -hs 0, got 0. There is nothing to train "
            "otherwise: set -negative 5 or -hs 1.",
        ),
        ([*FILES, "-iter", "0"], "-iter must be at least 1"),
        (
            [*FILES, "-threads", "0"],
            "-threads must be at least 1, got 0. Without -threads: all CPUs",
        ),
        ([*FILES, "-classes", "-1"], "-classes must be at least 0, got -1."),
        ([*FILES, "--mode", "quick"], "--mode must be fast or exact, got quick."),
        (
            [*FILES, "--mode", "exact", "-threads", "2"],
            "-threads must be 1 with --mode exact, got 2.",
        ),
        (
            [*FILES, "--mode", "exact", "--seed", "9"],
            "--seed must be 1 with --mode exact, got 9.",
        ),
        ([*FILES, "--combine", "both"], "--combine must be one of input, output, sum"),
        ([*FILES, "-cbow", "2"], "-cbow must be 0 or 1, got '2'. It sets: 1 is CBOW"),
        ([*FILES, "-binary", "3"], "-binary must be 0 or 1, got '3'."),
        ([*FILES, "-epochs", "3"], "unknown flag -epochs. Use -iter."),
        (
            ["classes", "vectors", "0"],
            "argument N: must be a whole number of at",
        ),
        (["plot", "vectors", "-o", "x.html", "--top", "0"], "argument --top: must be"),
        (["convert", "vectors", "x.doc"], "cannot tell the format from the name"),
        (["convert", "vectors", "x.bin", "--limit", "0"], "argument --limit: must be"),
        (["phrases", "-output", "x"], "-train is missing"),
        (["classes", "vectors"], "the following arguments are required: N"),
    ],
)
def test_a_wrong_command_line_is_explained_and_exits_with_2(
    arguments, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert f"w2vfast: error: {message}" in printed.err
    assert "--help" in printed.err
    if arguments:  # then what is wrong is not scrolled away by a long help
        assert len(printed.err.splitlines()) <= 8
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


# --- help and version -------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_goes_to_standard_output(arguments, capsys):
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert "w2vfast train -train FILE -output FILE" in printed.out
    assert printed.err == ""


def test_help_of_train_names_every_flag(capsys):
    assert main(["train", "-train", "x", "--help"]) == 0
    shown = capsys.readouterr().out
    for flag in train_command.PARSER.spelled.values():
        assert re.search(rf"^  --?{flag.name} ", shown, re.MULTILINE), flag


def test_version_names_the_instruction_set_in_use_too(capsys):
    assert main(["--version"]) == 0
    version, isa, compiler, commit = capsys.readouterr().out.splitlines()
    info = w2vfast.build_info()
    assert version == f"w2vfast {w2vfast.__version__}"
    assert isa.startswith(f"instruction set: {info['instruction_set']} ")
    assert all(name in isa for name in info["available"])
    assert compiler == f"compiler: {info['compiler']} {info['flags']}"
    assert commit == f"commit: {info['commit']}"


def test_version_reports_a_forced_instruction_set_and_refuses_an_unknown_one():
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


def test_help_of_the_demo_is_its_own(capsys):
    assert main(["demo", "--help"]) == 0
    assert "w2vfast demo" in capsys.readouterr().out


# --- errors and warnings ---------------------------------------------------


def test_an_unexpected_error_is_printed_as_a_sentence(monkeypatch, capsys):
    def broken(_):
        raise KeyError("x")

    monkeypatch.setattr(train_command, "run", broken)
    assert main(["train", "-train", "a", "-output", "b"]) == 1
    assert capsys.readouterr().err == "w2vfast: error: KeyError: 'x'\n"


def test_too_little_memory_is_printed_as_a_sentence(monkeypatch, capsys):
    def broken(_):
        raise MemoryError

    monkeypatch.setattr(train_command, "run", broken)
    assert main(["train", "-train", "a", "-output", "b"]) == 1
    assert capsys.readouterr().err == "w2vfast: error: not enough memory.\n"


def test_a_warning_is_one_line_without_its_location_in_the_code(
    tmp_path, output, train, capsys
):
    text = tmp_path / "old.txt"
    text.write_bytes(b"a b c\ra b c\r" * 20)
    assert train(text, output, "-debug", 0) == 0
    assert capsys.readouterr().err == ""
    assert train(text, output, "-debug", 1) == 0
    warning = capsys.readouterr().err.splitlines()[0]
    assert warning.startswith("w2vfast: warning: ")
    assert ".py" not in warning


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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["train", "learn", "phrases", "convert"])
def test_help_that_does_not_fit_on_the_disk_is_an_error(command):
    with open("/dev/full", "wb") as full:
        done = run_cli(
            *(command, "--help"),
            stdout=full,
            stderr=subprocess.PIPE,
            capture_output=False,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr


# --- Ctrl-C -----------------------------------------------------------------


def listen_to_ctrl_c():
    # A shell makes background jobs ignore it, and children inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(start, lines):
    """Read lines until one begins with `start`; return those before it."""
    printed = []
    for line in lines:
        if line.startswith(start):
            return printed
        printed.append(line)
    pytest.fail(f"ended early: {b''.join(printed).decode()}")


def press_ctrl_c(child):
    """Return the exit status, what was printed, and the seconds it took."""
    pressed = time.perf_counter()
    child.send_signal(signal.SIGINT)
    _, printed = child.communicate(timeout=60)
    return child.returncode, printed.decode(), time.perf_counter() - pressed


@posix_only
def test_ctrl_c_while_training_leaves_the_output_untouched(corpus, output):
    output.write_text("old")
    files = ["-train", corpus, "-output", output]
    endless = ["-size", 100, "-min-count", 1, "-iter", 10**6, "-debug", 1]
    command = cli_command("train", *files, *endless)
    with child_process(command, preexec_fn=listen_to_ctrl_c) as child:
        wait_for(b"Training", child.stderr)
        time.sleep(0.5)
        status, printed, seconds = press_ctrl_c(child)
    assert status == 130, printed
    assert "interrupted" in printed
    assert "Traceback" not in printed
    assert seconds < 5  # a second, and the time a loaded machine needs to end
    assert output.read_text() == "old"
    assert list(output.parent.iterdir()) == [output]


# Presses Ctrl-C when the module argv[1] is about to be imported.
INTERRUPTED_IMPORT = """
import os, signal, sys
from w2vfast.cli.start import main

class Presser:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

module = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Presser())
sys.exit(main())
"""


@posix_only
@pytest.mark.parametrize(
    "module",
    [
        "w2vfast.cli.main",
        "w2vfast.params",
        "w2vfast.cli.train",
        "numpy",
        "datetime",  # by compiled code of NumPy, which raises another error instead
        "w2vfast._core",
    ],
)
def test_ctrl_c_while_modules_are_imported_is_one_line(module, corpus, output):
    command = ["train", "-train", str(corpus), "-output", str(output)]
    done = run_python(INTERRUPTED_IMPORT, arguments=[module, *command])
    assert done.returncode == 130
    assert done.stderr == "w2vfast: interrupted; no file was left half-written.\n"
    assert list(output.parent.iterdir()) == []


def test_another_program_that_imports_meanwhile_is_not_ended():
    code = """
        import os, signal
        from w2vfast.cli.start import Loading
        signal.signal(signal.SIGINT, signal.default_int_handler)  # else ignored by jobs
        try:
            with Loading():
                os.kill(os.getpid(), signal.SIGINT)
                import numpy
        except KeyboardInterrupt:
            print("told")
        """
    assert run_python(code).stdout == "told\n"


@posix_only
def test_ctrl_c_while_waiting_for_text(output):
    command = cli_command("train", "-train", "-", "-output", output)
    options = {"stdin": subprocess.PIPE, "preexec_fn": listen_to_ctrl_c}
    with child_process(command, **options) as child:
        child.stdin.write(b"some words\n" * 1000)
        child.stdin.flush()
        time.sleep(2)  # NumPy and the package are loaded, the text is awaited
        status, printed, seconds = press_ctrl_c(child)
    assert status == 130, printed
    assert "Traceback" not in printed
    assert seconds < 5
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_characters_that_a_terminal_does_not_know_are_printed_as_escapes(
    encoding, tmp_path
):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("2 1\n月 1\n\x1b[31mred 2\n", encoding="utf-8")
    env = {**CHILD_OPTIONS["env"], "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    done = run_cli("info", vectors, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u6708 \ufffd[31mred" in done.stdout


@posix_only
@pytest.mark.parametrize("command", [["--version"], ["info", __file__], ["demo"]])
def test_a_closed_standard_output_is_an_error_with_a_sentence(command):
    command = f"{shlex.join(cli_command(*command))} >&-"
    options = {**CHILD_OPTIONS, "capture_output": True, "text": True}
    done = subprocess.run(["sh", "-c", command], check=False, **options)
    assert done.returncode == 1
    assert "standard output is closed" in done.stderr


@posix_only
def test_a_closed_standard_output_is_noticed_before_the_training(corpus):
    train = cli_command("train", "-train", corpus, "-output", "-", "-size", 4)
    options = {**CHILD_OPTIONS, "capture_output": True, "text": True}
    command = f"{shlex.join(train)} >&-"
    done = subprocess.run(["sh", "-c", command], check=False, **options)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "standard output is closed. Open it, or name a file: '/dev/stdout'" in line


@posix_only
def test_a_terminated_training_leaves_the_output_untouched(corpus, output):
    output.write_text("old")
    files = ["-train", corpus, "-output", output]
    endless = ["-size", 100, "-min-count", 1, "-iter", 10**6, "-debug", 1]
    with child_process(cli_command("train", *files, *endless)) as child:
        wait_for(b"Training", child.stderr)
        time.sleep(0.5)
        child.terminate()
        _, printed = child.communicate(timeout=60)
    assert child.returncode == 143, printed
    assert b"terminated; no file was left half-written" in printed
    assert output.read_text() == "old"
    assert list(output.parent.iterdir()) == [output]


LATE_SCRIPT = """
    import os, signal, sys
    from w2vfast.cli.main import main
    sys.argv = ["w2vfast", "--version"]
    main()
    print(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
"""


@posix_only
def test_a_signal_in_the_interpreters_exit_raises_no_exception():
    done = run_python(LATE_SCRIPT)
    last = done.stdout.splitlines()[-1]
    assert last == f"{signal.SIG_IGN!s} {signal.SIG_DFL!s}", done.stderr
