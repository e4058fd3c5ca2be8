"""The command line: `w2vfast train` with the C program's flags, and the other tools.

The rest of the package is imported when it is needed: help, version and usage
errors then come at once, and Ctrl-C finds `main` ready from the first moment.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from w2vfast import __version__
from w2vfast.system.log import lines_on_stderr, logger

if TYPE_CHECKING:
    from w2vfast.model import Word2Vec
    from w2vfast.params import TrainParams
    from w2vfast.vectors.keyedvectors import KeyedVectors

STANDARD_OUTPUT = "/dev/stdout"

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

# -debug: nothing but errors; a summary; a progress bar too.
SILENT, SUMMARY, PROGRESS = 0, 1, 2

_PREFIXES = {
    logging.WARNING: "w2vfast: warning: ",
    logging.ERROR: "w2vfast: error: ",
    logging.CRITICAL: "w2vfast: ",
}


class UsageError(Exception):
    """The command line asks for something that does not exist or does not fit."""


def _path(text: str) -> str:
    if not text:
        message = "needs the name of a file, got an empty one"
        raise ValueError(message)
    return text


def _whole_number(text: str) -> int:
    # C reads "10.5" as 10 and "1e3" as 1; rather ask than guess which was meant.
    if not re.fullmatch(r"\s*[+-]?[0-9]+(\.0*)?\s*", text):
        message = f"needs a whole number, got {text!r}"
        raise ValueError(message)
    return int(text.partition(".")[0])


def _number(text: str) -> float:
    try:
        if "_" not in text:  # Python's own way of writing 1_000
            return float(text)
    except ValueError:
        pass
    message = f"needs a number, got {text!r}"
    raise ValueError(message)


def _switch(text: str) -> bool:
    # For C every number but 0 turns a switch on.
    return _whole_number(text) != 0


def _name(text: str) -> str:
    return text


class Flag(NamedTuple):
    """One flag: how its value is read, which parameter it sets, what it means."""

    read: Callable[[str], Any] | None  # None: the flag takes no value
    parameter: str | None
    value_name: str
    meaning: str


# C's flags, which are taken with one dash and with two.
_C_FLAGS = {
    "train": Flag(_path, None, "FILE", "text to train on; - is standard input"),
    "output": Flag(_path, None, "FILE", "where the vectors (or classes) go"),
    "size": Flag(_whole_number, "vector_size", "N", "length of a vector (100)"),
    "window": Flag(_whole_number, "window", "N", "words to each side at most (5)"),
    "sample": Flag(
        _number, "sample", "X", "thin out words above this frequency (1e-3; 0 = off)"
    ),
    "hs": Flag(_switch, "hs", "0|1", "hierarchical softmax (0)"),
    "negative": Flag(
        _whole_number, "negative", "N", "noise words for each prediction (5; 0 = off)"
    ),
    "threads": Flag(
        _whole_number, "workers", "N", "threads (all usable CPUs; exact mode 1)"
    ),
    "iter": Flag(_whole_number, "epochs", "N", "passes over the text (5)"),
    "min-count": Flag(
        _whole_number, "min_count", "N", "leave out words seen less often (5)"
    ),
    "alpha": Flag(
        _number, "alpha", "X", "learning rate (0.05 for CBOW, 0.025 for skip-gram)"
    ),
    "classes": Flag(
        _whole_number, None, "N", "write N classes of words, not vectors (0 = off)"
    ),
    "debug": Flag(
        _whole_number, None, "0|1|2", "say nothing, a summary, progress too (2)"
    ),
    "binary": Flag(_switch, None, "0|1", "write vectors as binary, not as text (0)"),
    "save-vocab": Flag(_path, None, "FILE", "where the vocabulary goes"),
    "read-vocab": Flag(
        _path, None, "FILE", "take the vocabulary from here, do not count the text"
    ),
    "cbow": Flag(_switch, "sg", "0|1", "1 is CBOW, 0 skip-gram (1)"),
}

_OWN_FLAGS = {
    "mode": Flag(
        _name, "mode", "fast|exact", "exact: the C program's very bytes (fast)"
    ),
    "objective": Flag(
        _name, "objective", "softmax", "over all words; not -hs, -negative (off)"
    ),
    "seed": Flag(_whole_number, "seed", "N", "seed of the random numbers (1)"),
    "max-sentence-length": Flag(
        _whole_number, "max_sentence_length", "N", "cut longer sentences (1000)"
    ),
    "combine": Flag(
        _name,
        None,
        "HOW",
        "vectors to write: input, output, sum or concat (input)",
    ),
    "init-vectors": Flag(
        _path, None, "FILE", "words begin with the vectors they have here"
    ),
    "freeze": Flag(_path, None, "FILE", "words, one a line, that stay as they begin"),
    "quiet": Flag(None, None, "", "say nothing but errors"),
}

_FLAGS = {**_C_FLAGS, **_OWN_FLAGS}
_FLAG_OF_PARAMETER = {
    flag.parameter: name for name, flag in _FLAGS.items() if flag.parameter
}

# Each is the function of that name in tools.py.
_TOOLS = {
    "distance": "the words nearest to a word, as C's distance",
    "analogy": "what is to C as B is to A, as C's word-analogy",
    "accuracy": "analogies right and wrong, as C's compute-accuracy",
    "evaluate": "a table of analogies and word pairs",
    "classes": "words in classes, by the C program's k-means",
    "convert": "a file of vectors in another format, by suffix",
    "info": "what a file of vectors holds: shape, lengths, damage",
    "plot": "words in two dimensions, a picture or a page",
    "phrases": "a text with its phrases joined: new_york",
}

_TOOL_LINES = "\n".join(
    f"    w2vfast {name:<41}{meaning}" for name, meaning in _TOOLS.items()
)

_HELP = f"""\
w2vfast {__version__}: word2vec for Python

    w2vfast train -train FILE -output FILE [flags]   train on a text of your own
    w2vfast demo                                     train on poems, a few seconds
    w2vfast train --help                             the flags
    w2vfast --version

Tools, each with a --help of its own:

{_TOOL_LINES}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after the name of the command; by default what the process got.

    Returns
    -------
    int
        0; 1 if the run failed; 2 if the command line is wrong; 130 if interrupted.
    """
    if arguments is not None:
        return _exit_status(list(arguments))
    status = _exit_status(sys.argv[1:])
    _ignore_interrupts()
    return status


def _exit_status(arguments: list[str]) -> int:
    with lines_on_stderr(logging.INFO, _PREFIXES):
        return _logged_exit_status(arguments)


def _logged_exit_status(arguments: list[str]) -> int:
    """Run a command; log every error as one sentence."""
    try:
        return _run_command(arguments)
    except UsageError as error:
        logger.error("%s\nTry 'w2vfast train --help'.", error)
        return EXIT_USAGE
    except KeyboardInterrupt:
        logger.critical("interrupted; no file was left half-written.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _give_up_standard_output()
        return EXIT_FAILED
    # Whatever it is, a user of the command line gets a sentence, not a traceback.
    except Exception as error:
        logger.error("%s", _in_flags(_sentence(error)))
        return EXIT_FAILED


def _run_command(arguments: list[str]) -> int:
    command, *rest = arguments or [""]
    if command in ("-h", "--help", "help"):
        return _print_out(_HELP)
    if command == "--version":
        return _print_out(_version())
    if command == "train":
        if any(argument in ("-h", "--help") for argument in rest):
            return _print_out(_train_help())
        return _train(_Request(rest))
    if command == "demo":
        return _demo(rest)
    if command in _TOOLS:
        return _run_tool(command, rest)
    message = (
        f"needs a command, got {command!r}. There are:\n\n{_HELP}"
        if command
        else f"needs a command.\n\n{_HELP}"
    )
    raise UsageError(message)


def _version() -> str:
    from w2vfast import build_info

    info = build_info()
    return (
        f"w2vfast {__version__}\n"
        f"instruction set: {info['instruction_set']} "
        f"(W2VFAST_ISA={'|'.join(info['available'])})\n"
        f"compiler: {info['compiler']}\n"
    )


def _run_tool(command: str, arguments: list[str]) -> int:
    from w2vfast.cli import tools

    tool: Callable[[list[str]], None] = getattr(tools, command)
    try:
        with _plain_warnings():
            tool(arguments)
    except SystemExit as stop:  # argparse has said what there was to say
        return int(stop.code or EXIT_OK)
    return EXIT_OK


def _demo(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        return _print_out(_HELP)
    if arguments:
        message = f"demo takes no arguments, got {' '.join(arguments)!r}."
        raise UsageError(message)
    from w2vfast.cli import demo

    demo.run()
    return EXIT_OK


def parse_flags(arguments: Sequence[str]) -> dict[str, Any]:
    """Read flags and values into a dictionary keyed by the flag's bare name.

    As in C, the first of repeated single-dash flags counts.  A flag that is given
    again with two dashes is an error, since nothing says which one was meant.

    Raises
    ------
    UsageError
        If a flag is unknown, lacks its value, or its value cannot be read.
    """
    given: dict[str, Any] = {}
    rest = iter(arguments)
    for argument in rest:
        dashes, name, value = _split_flag(argument)
        flag = _FLAGS[name]
        if flag.read is not None:
            if value is None:
                value = next(rest, None)
            if value is None:
                message = f"{argument} needs a value: {flag.meaning}."
                raise UsageError(message)
            read: Any = _read_value(argument, flag, value)
        elif value is not None:
            message = f"--{name} takes no value, got {value!r}."
            raise UsageError(message)
        else:
            read = True
        if name in given and dashes == 2:
            message = f"{name} is given more than once. Leave one of them out."
            raise UsageError(message)
        given.setdefault(name, read)
    return given


def _split_flag(argument: str) -> tuple[int, str, str | None]:
    """Split `--name=value` into dashes, name and value; refuse unknown names."""
    if argument.startswith("--"):
        name, equals, value = argument[2:].partition("=")
        if name in _FLAGS:
            return 2, name, value if equals else None
    elif argument[1:] in _C_FLAGS and argument[0] == "-":
        return 1, argument[1:], None
    raise UsageError(_unknown_flag(argument))


def _unknown_flag(argument: str) -> str:
    if not argument.startswith("-"):
        return (
            f"{argument!r} follows no flag. A text's name stands after -train; several "
            "texts are named by their folder or by a quoted pattern, such as 'd/*.txt'."
        )
    import difflib

    known = [f"-{name}" for name in _C_FLAGS] + [f"--{name}" for name in _FLAGS]
    near = difflib.get_close_matches(argument.partition("=")[0], known, n=1)
    return f"unknown flag {argument}." + (f" Did you mean {near[0]}?" if near else "")


def _read_value(argument: str, flag: Flag, value: str) -> object:
    try:
        return flag.read(value)  # type: ignore[misc]
    except ValueError as error:
        message = f"{argument.partition('=')[0]} {error}: {flag.meaning}."
        raise UsageError(message) from None


class _Request:
    """What a `train` command line asks for, checked."""

    def __init__(self, arguments: list[str]) -> None:
        flags = parse_flags(arguments)
        self.corpus: str | None = flags.get("train")
        self.output = _output_path(flags.get("output"))
        self.vocab_in: str | None = flags.get("read-vocab")
        self.init_vectors: str | None = flags.get("init-vectors")
        self.freeze: str | None = flags.get("freeze")
        self.vocab_out = _output_path(flags.get("save-vocab"))
        self.binary: bool = flags.get("binary", False)
        self.n_classes: int = flags.get("classes", 0)
        self.combine: str = flags.get("combine", "input")
        self.verbosity: int = SILENT if "quiet" in flags else flags.get("debug", 2)
        self.params = _params(flags)
        if self.corpus is None:
            message = "-train is missing: which text is to be trained on?"
            raise UsageError(message)
        if self.output is None and self.vocab_out is None:
            message = "nothing to write: give -output, -save-vocab or both."
            raise UsageError(message)
        if self.n_classes < 0:
            message = f"-classes must be at least 0, got {self.n_classes}."
            raise UsageError(message)
        self._check_combine()

    def _check_combine(self) -> None:
        from w2vfast.params import COMBINATIONS

        if self.combine not in COMBINATIONS:
            accepted = ", ".join(COMBINATIONS)
            message = f"--combine must be one of {accepted}, got {self.combine!r}."
            raise UsageError(message)
        if self.combine != "input" and not self.params.has_output_vectors:
            message = (
                f"--combine {self.combine} needs output vectors of words, which "
                "hierarchical softmax alone does not train. Leave out -negative 0, or "
                "--combine."
            )
            raise UsageError(message)

    def check_files(self) -> None:
        """Fail now, not after hours of training, if the output cannot be written."""
        from w2vfast.system.files import check_output

        given = (self.corpus, self.vocab_in, self.init_vectors, self.freeze)
        inputs = {os.path.realpath(path) for path in given if path}
        outputs = [path for path in (self.vocab_out, self.output) if path]
        regular = [os.path.realpath(p) for p in outputs if p != STANDARD_OUTPUT]
        if len(set(regular)) < len(regular):
            message = (
                f"-save-vocab and -output are both {self.output!r}. Name two files."
            )
            raise UsageError(message)
        for path in outputs:
            if os.path.realpath(path) in inputs and os.path.isfile(path):
                message = (
                    f"{path!r} is read and would be overwritten. "
                    f"Choose another name for what is written."
                )
                raise UsageError(message)
            if os.path.isdir(path):
                message = f"cannot write {path!r}: it is a folder. Name a file in it."
                raise IsADirectoryError(message)
            check_output(path)


def _output_path(path: str | None) -> str | None:
    return STANDARD_OUTPUT if path == "-" else path


def _in_flags(message: str) -> str:
    """Say in flags what the package says in parameters: `min_count=5`, `hs=True`."""
    for parameter, name in _FLAG_OF_PARAMETER.items():
        flag = f"-{name}" if name in _C_FLAGS else f"--{name}"
        message = re.sub(rf"\b{parameter}=True\b", f"{flag} 1", message)
        message = re.sub(rf"\b{parameter}=False\b", f"{flag} 0", message)
        message = re.sub(rf"\b{parameter}=", f"{flag} ", message)
        message = re.sub(rf"^{parameter}\b", flag, message)
        # Elsewhere only names that are no words of English.
        if "_" in parameter:
            message = re.sub(rf"\b{parameter}\b", flag, message)
    # None stands for a flag that is left out, which help explains.
    message = re.sub(r"[;.] [^.;]*\bNone\b.*?\.(?=\s|$)", ".", message)
    return message.replace(" or None", "").replace("set max_final_vocab or ", "")


def _params(flags: dict[str, Any]) -> TrainParams:
    from w2vfast.params import TrainParams

    values = {
        flag.parameter: flags[name]
        for name, flag in _FLAGS.items()
        if flag.parameter and name in flags
    }
    values["sg"] = not flags.get("cbow", True)
    try:
        return TrainParams(**values)
    except (TypeError, ValueError) as error:
        raise UsageError(_in_flags(str(error))) from None


def _train(request: _Request) -> int:
    request.check_files()
    from w2vfast.model import Word2Vec

    if request.verbosity <= SILENT:
        logger.setLevel(logging.ERROR)
    with _plain_warnings():
        model = Word2Vec(
            **request.params.to_dict(),
            progress=None if request.verbosity >= PROGRESS else False,
            init_vectors=request.init_vectors,
            freeze=() if request.freeze is None else _words_of(request.freeze),
        )
        _prepare_vocabulary(model, request)
        if request.output is not None:
            _train_and_write(model, request, request.output)
    return EXIT_OK


def _words_of(path: str) -> list[str]:
    from w2vfast.system.files import InputFile

    with InputFile(path, path) as file:
        words = file.read().split()
    if not words:
        message = f"{path}: --freeze names a file of words, one a line; it has none."
        raise UsageError(message)
    return [word.decode("utf-8", "surrogateescape") for word in words]  # as a text's


def _prepare_vocabulary(model: Word2Vec, request: _Request) -> None:
    if request.vocab_in is not None:
        model.read_vocab(request.vocab_in)
    else:
        model.build_vocab(corpus_file=request.corpus)
    if request.verbosity >= SUMMARY:
        # Row 0, the sentence end, is a word like others in exact mode only.
        counts = model.vocab.counts[request.params.mode == "fast" :]
        logger.info(
            "Vocabulary: %s words, which make up %s words of the text.",
            f"{len(counts):,}",
            f"{counts.sum():,}",
        )
    if request.vocab_out is not None:
        model.save_vocab(request.vocab_out)


def _train_and_write(model: Word2Vec, request: _Request, output: str) -> None:
    if request.verbosity >= SUMMARY:
        logger.info(describe(request.params))
        _say_cost(model)
    if request.vocab_in is not None:
        model.train(corpus_file=request.corpus)
    else:
        model.train()
    vectors = model.wv
    if request.combine != "input":
        vectors = model.combined_vectors(request.combine)
    if request.n_classes:
        _write_classes(vectors, request.n_classes, output)
    else:
        vectors.save_word2vec_format(output, binary=request.binary)
    if request.verbosity >= SUMMARY:
        seconds = sum(epoch.seconds for epoch in model.history)
        words = sum(epoch.words for epoch in model.history)
        logger.info(
            "Trained in %.1f s, %s words/s. Wrote %s.",
            seconds,
            f"{words / max(seconds, 1e-9):,.0f}",
            output,
        )


def describe(params: TrainParams) -> str:
    """Say in one line what is about to be trained."""
    objectives = " and ".join(params.objectives)
    return (
        f"Training {'skip-gram' if params.sg else 'CBOW'}, {objectives}: "
        f"size {params.vector_size}, window {params.window}, alpha "
        f"{params.start_alpha:g}, epochs {params.epochs}, threads {params.n_workers}, "
        f"mode {params.mode}."
    )


def _say_cost(model: Word2Vec) -> None:
    """Full softmax can take very long: say so while it can still be stopped."""
    if model.params.objective == "softmax":
        from w2vfast.training import cost

        estimate = cost.cost(model.params, model.vocab.visible_counts)
        logger.info("Full softmax: %s.", estimate)


def _write_classes(vectors: KeyedVectors, n_classes: int, output: str) -> None:
    from w2vfast.vectors.classes import kmeans_classes, write_classes

    classes = kmeans_classes(vectors.vectors, n_classes)
    write_classes(output, vectors.index_to_key, classes)


def _train_help() -> str:
    lines = [
        "w2vfast train -train FILE -output FILE [flags]",
        "",
        "Flags of the C program, with one dash or two; in parentheses the default:",
    ]
    lines += [_flag_help("-", name, flag) for name, flag in _C_FLAGS.items()]
    lines += ["", "Flags of its own:"]
    lines += [_flag_help("--", name, flag) for name, flag in _OWN_FLAGS.items()]
    lines += [
        "",
        "Text, gzip, bz2 and xz are read; a folder or a quoted pattern names many",
        "files. -save-vocab without -output writes the vocabulary and stops.",
        "Exit status: 0, 1 (run failed), 2 (wrong flags), 130 (interrupted).",
        "",
    ]
    return "\n".join(lines)


def _flag_help(dashes: str, name: str, flag: Flag) -> str:
    return f"  {dashes + name + ' ' + flag.value_name:<26}{flag.meaning}"


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Log warnings as one line, without their place in the code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        logger.warning("%s", message)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _print_out(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return EXIT_OK


def _sentence(error: Exception) -> str:
    text = str(error)
    if isinstance(error, MemoryError):
        return text or "not enough memory."
    if isinstance(error, OSError | ValueError | ImportError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _ignore_interrupts() -> None:
    """Let a late Ctrl-C not break into the interpreter's way out."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _give_up_standard_output() -> None:
    """Keep the interpreter's last flush from failing on the broken pipe again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
