"""The command `w2vfast train`: the flags of the C program, and some of its own.

The rest of the package is imported when it is needed, so that help and usage errors
are printed at once.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
from typing import TYPE_CHECKING, Any

from w2vfast.checkpoint.interval import interval_of
from w2vfast.cli.flags import (
    DEBUG,
    EXIT_FAILED,
    EXIT_USAGE,
    PROGRESS,
    QUIET,
    STANDARD_OUTPUT,
    TEXT_FLAGS,
    Flag,
    FlagGroup,
    FlagParser,
    FlagSpelling,
    UsageError,
    folder,
    listed_words,
    npz_path,
    number,
    one_of,
    output_path,
    path,
    set_verbosity,
    switch,
    tokenizer_given,
    whole_number,
)
from w2vfast.cli.overwriting import refuse_inputs
from w2vfast.cli.processes import refuse_to_train_alone, world
from w2vfast.cli.start import Loading
from w2vfast.compat import FASTTEXT_ONLY
from w2vfast.errors import ParameterError, ParameterTypeError
from w2vfast.params import COMBINATIONS, TrainParams
from w2vfast.system.files import InputFile, check_output
from w2vfast.system.log import logger

if TYPE_CHECKING:
    from w2vfast.distributed.ranks import Ranks
    from w2vfast.learn.recorder import Recorder
    from w2vfast.model import Word2Vec
    from w2vfast.vectors.keyedvectors import KeyedVectors

COMPARED_WORDS, ALIKE = 100, 0.5  # most frequent words, mean cosine that gives advice

C_FLAGS = (
    Flag("train", path, "FILE", "text to train on; - is standard input"),
    Flag("output", output_path, "FILE", "file for the vectors (or classes)"),
    Flag("size", whole_number, "N", "length of a vector (100)", "vector_size"),
    Flag("window", whole_number, "N", "context words on each side (5)", "window"),
    Flag(
        "sample",
        number,
        "X",
        "subsample words above this frequency (1e-3; 0 = off)",
        "sample",
    ),
    Flag("hs", switch, "0|1", "hierarchical softmax (0)", "hs"),
    Flag(
        "negative",
        whole_number,
        "N",
        "negative samples for each prediction (5; 0 = off)",
        "negative",
    ),
    Flag(
        "threads",
        whole_number,
        "N",
        "threads (all usable CPUs; exact mode 1)",
        "workers",
    ),
    Flag("iter", whole_number, "N", "epochs, passes over the text (5)", "epochs"),
    Flag("min-count", whole_number, "N", "leave out rarer words (5)", "min_count"),
    Flag(
        "alpha", number, "X", "learning rate (0.05 for CBOW, 0.025 skip-gram)", "alpha"
    ),
    Flag(
        "classes",
        whole_number,
        "N",
        "write N classes of words instead of vectors (0 = off)",
    ),
    DEBUG,
    Flag("binary", switch, "0|1", "write vectors in binary, not text (by the name)"),
    Flag("save-vocab", output_path, "FILE", "file for the vocabulary"),
    Flag(
        "read-vocab", path, "FILE", "read the vocabulary instead of counting the text"
    ),
    Flag("cbow", switch, "0|1", "1 is CBOW, 0 skip-gram (1)"),
)

OWN_FLAGS = (
    Flag("mode", str, "fast|exact", "exact: the C program's bytes (fast)", "mode"),
    Flag(
        "objective",
        str,
        "softmax",
        "full softmax; replaces -hs and -negative (off)",
        "objective",
    ),
    Flag(
        "init-range",
        number,
        "X",
        "initial vectors lie within X / size (0.5)",
        "init_range",
    ),
    Flag("seed", whole_number, "N", "seed of the random numbers (1)", "seed"),
    Flag(
        "max-sentence-length",
        whole_number,
        "N",
        "cut longer sentences (1000)",
        "max_sentence_length",
    ),
    *TEXT_FLAGS,
    Flag(
        "combine",
        one_of(*COMBINATIONS),
        "HOW",
        f"vectors to write: {', '.join(COMBINATIONS[:-1])} or {COMBINATIONS[-1]} "
        f"({COMBINATIONS[0]})",
    ),
    Flag(
        "deterministic",
        None,
        "",
        "the same bytes with any number of threads; slower",
        "deterministic",
    ),
    Flag("init-vectors", path, "FILE", "initial vectors of the words in this file"),
    Flag("freeze", path, "FILE", "words, one a line, whose vectors do not change"),
    Flag(
        "checkpoint",
        folder,
        "DIR",
        "folder for checkpoints, to go on after a crash",
        "checkpoint",
    ),
    Flag(
        "checkpoint-every",
        str,
        "T",
        "time or words between them, as 90s or 500Mwords (10min)",
        "checkpoint_every",
    ),
    Flag("resume", None, "", "go on from the newest checkpoint, if any", "resume"),
    Flag(
        "distributed",
        None,
        "",
        "one of several processes: mpiexec -n 4 w2vfast train --distributed ...",
    ),
    Flag(
        "record",
        npz_path,
        "FILE",
        "record how words move, an .npz file; w2vfast plot makes a film of it",
    ),
    Flag(
        "record-words",
        str,
        "WORDS",
        "words to record: a,b,c, or a file of them (100 frequent ones)",
    ),
    QUIET,
)

_SKIP_GRAM = "Use -cbow 0 for skip-gram, -cbow 1 for CBOW."

# What to use for names of fastText, gensim and others.
OTHER_NAMES = {
    **{
        name: f"Use Word2Vec({name}=...) in Python; there is no flag for it."
        for name in TrainParams.__dataclass_fields__
        if name not in {flag.parameter for flag in (*C_FLAGS, *OWN_FLAGS)}
    },
    **dict.fromkeys(("sg", "skipgram", "model"), _SKIP_GRAM),
    **dict.fromkeys(("input", "corpus", "corpus_file", "sentences"), "Use -train."),
    **dict.fromkeys(("out", "o", "save"), "Use -output."),
    "loss": "Use -negative, -hs 1 or --objective softmax.",
    "verbose": "Use -debug.",
    "deacc": "Use --tokenize simple --remove-accents.",
    "min_len": "Use --tokenize simple --min-length.",
    "max_len": "Use --tokenize simple --max-length.",
    **dict.fromkeys(
        ("sep", "delimiter"), "The first rows of a CSV file tell what separates them."
    ),
    "pretrainedVectors": "Use --init-vectors.",
    **dict.fromkeys(FASTTEXT_ONLY, "Subwords and labels are not supported."),
}

PARSER = FlagParser(
    "train",
    "w2vfast train -train FILE -output FILE [flags]",
    (
        FlagGroup(
            "Flags of the C program, with one dash or two (defaults in parentheses):",
            ("-", "--"),
            C_FLAGS,
        ),
        FlagGroup("Further flags:", ("--",), OWN_FLAGS),
    ),
    "Text, gzip, bz2, xz and zstd are read; a folder or a quoted pattern names many\n"
    "files. -save-vocab without -output writes the vocabulary and stops.\n"
    "SIGUSR1 writes a checkpoint and goes on; SIGTERM writes one and ends.\n"
    "Exit status: 0, 1 (run failed), 2 (wrong flags), 130 (interrupted), 143 "
    "(terminated).",
    OTHER_NAMES,
)
SPELLING = FlagSpelling(PARSER)


class Request:
    """What a `train` command line asks for, checked.

    Parameters
    ----------
    arguments : list of str
        Flags and values.

    Raises
    ------
    UsageError
        If flags are wrong, missing or do not fit each other.
    """

    def __init__(self, arguments: list[str]) -> None:
        given = PARSER.read(arguments)
        self.corpus: str | None = given.get("train")
        self.output: str | None = given.get("output")
        self.vocab_in: str | None = given.get("read-vocab")
        self.init_vectors: str | None = given.get("init-vectors")
        self.freeze: str | None = given.get("freeze")
        self.vocab_out: str | None = given.get("save-vocab")
        self.record: str | None = given.get("record")
        self.record_words: str | None = given.get("record-words")
        self.binary: bool | None = given.get("binary")
        self.n_classes: int = given.get("classes", 0)
        self.tokenize = tokenizer_given(given, PARSER)
        self.column: str | None = given.get("column")
        self.combine: str = given.get("combine", "input")
        self.checkpoint: str | None = given.get("checkpoint")
        self.checkpoint_every: str | None = given.get("checkpoint-every")
        self.resume: bool = given.get("resume", False)
        self.distributed: bool = given.get("distributed", False)
        self.params = _params(given)
        self._check_checkpoints()
        self._check_flags()
        self.verbosity = set_verbosity(given)
        self.ranks = _ranks(self.distributed)
        self.is_first = self.ranks.index == 0
        if not self.is_first:
            self.verbosity = set_verbosity({**given, "quiet": True})

    def _check_flags(self) -> None:
        """Refuse flags that are missing or do not fit each other."""
        if self.corpus is None:
            PARSER.error("-train is missing: it names the text to train on.")
        if self.output is None and self.vocab_out is None:
            PARSER.error("nothing to write: give -output, -save-vocab or both.")
        if self.record and self.output is None:
            PARSER.error("--record needs a training: give -output.")
        if self.record and self.distributed:
            PARSER.error("--record is for one process, without --distributed.")
        if self.record_words is not None and not self.record:
            PARSER.error("--record-words needs --record, the file to write.")
        if self.n_classes < 0:
            PARSER.error(f"-classes must be at least 0, got {self.n_classes}.")
        if self.combine != "input" and not self.params.has_output_vectors:
            PARSER.error(
                f"--combine {self.combine} needs output vectors of words, which "
                "hierarchical softmax alone does not train. Leave out -negative 0, or "
                "--combine."
            )

    def _check_checkpoints(self) -> None:
        if self.checkpoint is None:
            for name in ("checkpoint_every", "resume"):
                if getattr(self, name):
                    PARSER.error(
                        f"{SPELLING.name(name)} needs --checkpoint, the folder."
                    )
        elif self.checkpoint_every is not None:
            try:
                interval_of(self.checkpoint_every)
            except ParameterError as error:
                PARSER.error(error.spelled(SPELLING))

    def check_files(self, kind: str) -> None:
        """Raise now, not after hours of training, if the output cannot be written.

        Parameters
        ----------
        kind : str
            Of the output.
        """
        from w2vfast.formats.registry import KINDS

        named = {
            "-save-vocab": self.vocab_out,
            "-output": self.output,
            "--record": self.record,
        }
        outputs = [name for name in named.values() if name]
        flags: dict[str, str] = {}
        for flag, name in {**named, "--checkpoint": self.checkpoint}.items():
            if not name or name == STANDARD_OUTPUT:
                continue
            other = flags.setdefault(os.path.realpath(name), flag)
            if other != flag:
                PARSER.error(f"{other} and {flag} are both {name!r}. Name two.")
        inputs = (self.vocab_in, self.init_vectors, self.freeze)
        refuse_inputs(outputs, inputs, self.corpus)
        if not self.params.exact:  # C takes any name
            self._check_compression()
        for name in outputs:
            is_vectors = name == self.output
            check = KINDS[kind].check_place if is_vectors else check_output
            check(name)

    def _check_compression(self) -> None:
        if self.output is not None:
            selects = not self.n_classes
            PARSER.check_compression("-output", self.output, selects_format=selects)
        if self.vocab_out is not None:
            PARSER.check_compression("-save-vocab", self.vocab_out)


def _params(given: dict[str, Any]) -> TrainParams:
    values = {
        flag.parameter: given[flag.name]
        for flag in (*C_FLAGS, *OWN_FLAGS)
        if flag.parameter in TrainParams.__dataclass_fields__ and flag.name in given
    }
    values["sg"] = not given.get("cbow", True)
    try:
        return TrainParams(**values)
    except (ParameterError, ParameterTypeError) as error:
        PARSER.error(error.spelled(SPELLING))


def train(arguments: list[str]) -> None:
    """Train as the flags say and write vectors, classes or a vocabulary."""
    run(Request(arguments))


def _ranks(distributed: bool) -> Ranks:
    """Find the other processes, before the text is read; without, be the only one."""
    with Loading():
        from w2vfast.distributed.ranks import OneRank

    if not distributed:
        refuse_to_train_alone()
        return OneRank()
    comm = world()
    with Loading():
        from w2vfast.distributed.mpi import MpiRanks

    return MpiRanks(comm, SPELLING)


def run(request: Request) -> None:
    """Do what a request asks for."""
    with Loading():
        from w2vfast.distributed.ranks import RankError, fails_together

    try:
        with fails_together(request.ranks, "the end of the program"):
            _run(request)
    except RankError:
        raise
    except Exception as error:
        if request.ranks.size == 1:
            raise
        # `fails_together` has told it, with the number of the rank.
        status = EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
        raise SystemExit(status) from error


def _run(request: Request) -> None:
    with Loading():  # also NumPy, for all that follows
        from w2vfast.checkpoint.plan import plan_of
        from w2vfast.distributed.rank_checkpoints import plan_of_ranks

    kind = "text" if request.n_classes else _kind_of_output(request)
    if request.is_first:  # others write nothing
        request.check_files(kind)
    checkpoints = (request.checkpoint, request.checkpoint_every, request.resume)
    plan = plan_of_ranks(request.ranks, plan_of(*checkpoints))
    with plan.prepared(request.params):
        _make(request, kind)


def _make(request: Request, kind: str) -> None:
    """Make the vocabulary and the vectors, and write them."""
    with Loading():
        from w2vfast.model import Word2Vec

    model = Word2Vec(
        **request.params.to_dict(),
        tokenize=request.tokenize,
        column=request.column,
        progress=None if request.verbosity >= PROGRESS else False,
        init_vectors=request.init_vectors,
        freeze=() if request.freeze is None else _words_of(request.freeze),
        checkpoint=request.checkpoint,
        checkpoint_every=request.checkpoint_every,
        resume=request.resume,
        comm=request.ranks,
    )
    recorder = _recorder(request)
    if recorder is not None:
        model.callbacks = [recorder]
    _prepare_vocabulary(model, request)
    if request.n_classes and not request.params.exact:  # C leaves classes empty
        from w2vfast.vectors.classes import check_n_classes

        check_n_classes("-classes", request.n_classes, len(model.wv))
    if request.output is not None:
        _train_and_write(model, request, request.output, kind)
    if recorder is not None and request.record is not None:
        _save_recording(recorder, request.record)


def _save_recording(recorder: Recorder, path: str) -> None:
    try:
        recording = recorder.recording
    except RuntimeError:  # --resume, and nothing was left to do
        logger.warning("The training had ended before: %s is not written.", path)
        return
    recording.save(path)
    logger.info("Wrote %s, %r.", path, recording)


def _recorder(request: Request) -> Recorder | None:
    """Return what records the training, if that is wanted."""
    if request.record is None:
        return None
    from w2vfast.learn.recorder import Recorder

    if request.record_words is None:
        return Recorder()
    words = listed_words(request.record_words)
    if not words:
        PARSER.error(f"--record-words names no word, got {request.record_words!r}.")
    return Recorder(words)


def _kind_of_output(request: Request) -> str:
    """Return the format of the vectors, a key of `w2vfast.formats.registry.KINDS`.

    A flag decides, else the name; in exact mode the flag alone, as in C.
    """
    from w2vfast.formats.dispatch import kind_to_write

    named = None
    if request.output is not None and os.path.splitext(request.output)[1]:
        with contextlib.suppress(ValueError):  # a name that tells nothing
            named = kind_to_write(request.output)
    if request.binary is None and not request.params.exact:
        return named or "text"
    kind = "binary" if request.binary else "text"
    if named not in (None, kind):
        logger.warning(
            "%s is named as a file of kind %s, and will be %s. Programs that go by "
            "the name cannot read it: choose another name or another -binary.",
            request.output,
            named,
            kind,
        )
    return kind


def _words_of(name: str) -> list[str]:
    from w2vfast.text.vocab_file import lines_of_words

    with io.BufferedReader(InputFile(name, name)) as file:
        lines = lines_of_words(file, name, "a word")
        words = b"".join(lines).removeprefix(codecs.BOM_UTF8).split()
    if not words:
        PARSER.error(
            f"{name}: --freeze names a file of words, one a line; it has none."
        )
    # Decoded as the words of a text are.
    return [word.decode("utf-8", "surrogateescape") for word in words]


def _prepare_vocabulary(model: Word2Vec, request: Request) -> None:
    if request.vocab_in is not None:
        model.read_vocab(request.vocab_in)
    else:
        model.build_vocab(corpus_file=request.corpus)
    if request.vocab_out is not None and request.is_first:
        model.save_vocab(request.vocab_out)


def _train_and_write(model: Word2Vec, request: Request, output: str, kind: str) -> None:
    if request.vocab_in is not None:
        model.train(corpus_file=request.corpus)
    else:
        model.train()
    if not request.is_first:
        return  # the vectors are the same on all ranks
    vectors = model.wv
    _advise(vectors)
    if request.combine != "input":
        vectors = model.combined_vectors(request.combine)
    if request.n_classes:
        _write_classes(vectors, request.n_classes, output)
    else:
        vectors.save(output, kind)
    seconds = sum(epoch.seconds for epoch in model.history)
    tokens = sum(epoch.words for epoch in model.history)
    logger.info(
        "Trained in %.1f s, %s tokens/s. Wrote %s.",
        seconds,
        f"{tokens / max(seconds, 1e-9):,.0f}",
        output,
    )


def _advise(vectors: KeyedVectors) -> None:
    """Log advice if the training was too short to tell words apart."""
    from w2vfast.vectors.neighbours import mean_cosine

    mean = mean_cosine(vectors.vectors[:COMPARED_WORDS])
    if mean > ALIKE:
        logger.info(
            "The vectors of the most frequent words are alike (mean cosine %.2f), as "
            "after too short a training: raise -iter, or give more text.",
            mean,
        )


def _write_classes(vectors: KeyedVectors, n_classes: int, output: str) -> None:
    from w2vfast.vectors.classes import kmeans_classes, write_classes

    classes = kmeans_classes(vectors.vectors, n_classes)
    write_classes(output, vectors.index_to_key, classes)
