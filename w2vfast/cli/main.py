"""The command line: find the command, report errors and warnings, exit.

The command's module is imported when it is needed, so that help and version are printed
at once, and Ctrl-C is handled from the first moment.
"""

from __future__ import annotations

import contextlib
import difflib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from w2vfast import __version__
from w2vfast.cli.flags import (
    EXIT_FAILED,
    EXIT_USAGE,
    UsageError,
    need_standard_output,
    print_whole,
)
from w2vfast.cli.start import EXIT_INTERRUPTED, Loading
from w2vfast.errors import (
    PYTHON,
    CheckpointWarning,
    SettingsMessage,
    Spelling,
    Terminated,
    sentence,
)
from w2vfast.system.log import lines_on_stderr, logger

EXIT_OK = 0
EXIT_TERMINATED = 143

_PREFIXES = {
    logging.WARNING: "w2vfast: warning: ",
    logging.ERROR: "w2vfast: error: ",
    logging.CRITICAL: "w2vfast: ",
}

# Commands besides `train` and `demo`.
TOOLS = {
    "distance": "the words nearest to a word, as C's distance",
    "analogy": "what is to C as B is to A, as C's word-analogy",
    "accuracy": "analogies right and wrong, as C's compute-accuracy",
    "evaluate": "a table of analogies and word pairs",
    "classes": "words in classes, by the C program's k-means",
    "convert": "a file of vectors in another format, by suffix",
    "info": "contents of a file of vectors: shape, lengths, damage",
    "learn": "a page that shows every number of a training",
    "plan": "time, memory and traffic of a training on several machines",
    "plot": "words in two dimensions, a picture or a page",
    "phrases": "a text with its phrases joined: new_york",
}

# The module in `cli` with a command's function, which has the command's name.
_MODULES = {**dict.fromkeys(TOOLS, "tools"), "phrases": "phrases", "learn": "learn"}
_MODULES |= {"train": "train", "demo": "demo", "plan": "plan"}

# Commands of no use without standard output.
_PRINTING = {"demo", "distance", "analogy", "accuracy", "evaluate", "info", "plan"}

# Names of the C program's tools, of fastText's commands and of gensim's methods.
_OTHER_NAMES = {
    **dict.fromkeys(("word2vec", "skipgram", "cbow", "fit"), "train"),
    **dict.fromkeys(("nn", "most_similar", "neighbours", "similar"), "distance"),
    **dict.fromkeys(("word-analogy", "analogies"), "analogy"),
    "compute-accuracy": "accuracy",
    **dict.fromkeys(("test", "eval"), "evaluate"),
    **dict.fromkeys(("word2phrase", "phraser"), "phrases"),
    **dict.fromkeys(("cluster", "kmeans"), "classes"),
    **dict.fromkeys(("map", "tsne"), "plot"),
    "version": "--version",
}

_TOOL_LINES = "\n".join(
    f"    w2vfast {name:<41}{meaning}" for name, meaning in TOOLS.items()
)

_HELP = f"""\
w2vfast {__version__}: word2vec for Python

    w2vfast train -train FILE -output FILE [flags]   train on a text of your own
    w2vfast demo                                     train on poems, a few seconds
    w2vfast train --help                             the flags
    w2vfast --version

Tools; each has its own --help:

{_TOOL_LINES}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Arguments after the name of the program; default those of the process.

    Returns
    -------
    int
        0; 1 if the run failed; 2 if the command line is wrong; 130 if interrupted, 143
        if terminated.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:
        _clean_up_when_terminated()
    with lines_on_stderr(logging.INFO, _PREFIXES):
        status = _exit_status(given)
    if arguments is None:
        _exit_quietly()
    return status


def _exit_status(arguments: list[str]) -> int:
    """Run a command; log every error as one sentence."""
    try:
        _run(arguments)
    except UsageError as error:
        logger.error("%s", error)
        return EXIT_USAGE
    except SystemExit as stop:  # after an error that is told already
        return EXIT_USAGE if stop.code == EXIT_USAGE else EXIT_FAILED
    except Terminated:
        logger.critical("terminated; no file was left half-written.")
        return EXIT_TERMINATED
    except KeyboardInterrupt:
        logger.critical("interrupted; no file was left half-written.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _discard_standard_output()
        return EXIT_FAILED
    # For any error, a user of the command line gets a sentence, not a traceback.
    except Exception as error:
        logger.error("%s", sentence(error))
        _discard_what_cannot_be_printed()
        return EXIT_FAILED
    return EXIT_OK


def _run(arguments: list[str]) -> None:
    command, *rest = arguments or [""]
    if command in ("-h", "--help", "help"):
        print_whole(_HELP)
    elif command == "--version":
        print_whole(_version())
    elif command in _MODULES:
        _run_command(command, rest)
    else:
        hint = "Try 'w2vfast --help'." if command else f"\n{_HELP}"
        raise UsageError(_no_command(command), hint)


def _no_command(given: str) -> str:
    """Return the message for a name that is no command."""
    if not given:
        return "needs a command."
    if given.startswith("-"):
        return f"needs a command before flags, got {given!r}: w2vfast train {given} ..."
    name = given.lower()
    near = [_OTHER_NAMES[name]] if name in _OTHER_NAMES else []
    near = near or difflib.get_close_matches(name, list(_MODULES), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"needs a command, got {given!r}.{hint}"


def _run_command(command: str, arguments: list[str]) -> None:
    if command in _PRINTING:
        need_standard_output()
    with Loading():
        module: Any = import_module(f"w2vfast.cli.{_MODULES[command]}")
    function: Callable[[list[str]], None] = getattr(module, command)
    spelling: Spelling = getattr(module, "SPELLING", PYTHON)
    with _plain_warnings(spelling):
        try:
            function(arguments)
        except SystemExit as stop:  # argparse printed help
            if stop.code:
                raise
        except SettingsMessage as error:
            raise ValueError(error.spelled(spelling)) from error


def _version() -> str:
    from w2vfast import build_info

    info = build_info()
    return (
        f"w2vfast {__version__}\n"
        f"instruction set: {info['instruction_set']} "
        f"(W2VFAST_ISA={'|'.join(info['available'])})\n"
        f"compiler: {info['compiler']} {info['flags']}\n"
        f"commit: {info['commit']}\n"
    )


@contextlib.contextmanager
def _plain_warnings(spelling: Spelling) -> Iterator[None]:
    """Log warnings as one line, without their location in the code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if isinstance(message, SettingsMessage):
            message = message.spelled(spelling)
        # Those who want errors only asked for checkpoints, too.
        is_failure = isinstance(message, CheckpointWarning)
        logger.log(logging.ERROR if is_failure else logging.WARNING, "%s", message)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _clean_up_when_terminated() -> None:
    """Remove temporary files and stop threads when SIGTERM arrives."""
    import signal

    from w2vfast.system.signals import terminate

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)


def _exit_quietly() -> None:
    """Keep a late signal from raising an exception in the interpreter's exit."""
    import signal

    from w2vfast.system.signals import terminate

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if signal.getsignal(signal.SIGTERM) is terminate:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _discard_standard_output() -> None:
    """Keep the last flush of the interpreter from failing again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _discard_what_cannot_be_printed() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _discard_standard_output()
