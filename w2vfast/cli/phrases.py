"""The command `w2vfast phrases`: the flags of C's word2phrase, and some of its own."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from w2vfast import _text
from w2vfast.phrases.counting import count_corpus
from w2vfast.phrases.joining import write_joined
from w2vfast.phrases.scorers import checked_scorer
from w2vfast.phrases.settings import ENGLISH_CONNECTOR_WORDS, checked_delimiter
from w2vfast.phrases.word2phrase import word2phrase
from w2vfast.system.files import check_output, open_output
from w2vfast.system.log import logger
from w2vfast.system.progress import PhaseBars
from w2vfast.system.resources import usable_cpus
from w2vfast.text.sources import file_source

# What is meant where a flag is left out, by mode; None: the flag is not for this mode.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "min_count": {"fast": 5, "exact": 5},
    "threshold": {"fast": 10.0, "exact": 100.0},
    "scoring": {"fast": "default"},
    "connector_words": {"fast": frozenset()},
    "delimiter": {"fast": "_"},
    "max_vocab_size": {"fast": 40_000_000},
    "threads": {"fast": None},
}


class _FirstCounts(argparse.Action):
    """As in C, the first of repeated flags counts; with two dashes it is an error."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is None:
            setattr(namespace, self.dest, values)
        elif str(option_string).startswith("--"):
            parser.error(f"{option_string} is given more than once. Leave one out.")


def _connector_words(text: str) -> frozenset[str]:
    if text == "english":
        return ENGLISH_CONNECTOR_WORDS
    return frozenset(text.replace(",", " ").split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="w2vfast phrases",
        description="Join words that stand together often: new_york.",
    )

    def flag(name: str, meaning: str, **options: Any) -> None:
        parser.add_argument(
            f"-{name}", f"--{name}", action=_FirstCounts, help=meaning, **options
        )

    flag("train", "text; - is standard input", metavar="FILE", required=True)
    flag("output", "where the text goes", metavar="FILE", required=True)
    flag("min-count", "leave out what is seen less often (5)", type=int, metavar="N")
    flag(
        "threshold",
        "join what scores above (10; exact mode 100; npmi needs -1 to 1)",
        type=float,
        metavar="X",
    )
    flag("debug", "nothing, a summary, progress too (2)", type=int, metavar="0|1|2")
    flag(
        "mode", "exact: the bytes of C's word2phrase (fast)", choices=["fast", "exact"]
    )
    flag("scoring", "how pairs are scored (default)", choices=["default", "npmi"])
    flag(
        "connector-words",
        "words that may stand inside phrases only: english, or a list with commas",
        type=_connector_words,
        metavar="WORDS",
    )
    flag("delimiter", "what joins words (_)", metavar="TEXT")
    flag(
        "max-vocab-size",
        "keep so many words and pairs at most (40000000)",
        type=int,
        metavar="N",
    )
    flag("threads", "threads (all usable CPUs)", type=int, metavar="N")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    return parser


def phrases(arguments: list[str]) -> None:
    """Write a text with its phrases joined, as the C program's word2phrase does."""
    parser = _parser()
    options = parser.parse_args(arguments)
    mode = options.mode or "fast"
    for name, defaults in _DEFAULTS.items():
        if getattr(options, name) is None:
            setattr(options, name, defaults.get(mode))
        elif mode not in defaults:
            flag = f"--{name.replace('_', '-')}"
            parser.error(f"{flag} is for --mode fast; the C program has no such thing")
    if options.output == "-":
        options.output = "/dev/stdout"
    if os.path.realpath(options.train) == os.path.realpath(options.output):
        parser.error(f"-train and -output are both {options.train!r}. Name two files.")
    verbosity = 2 if options.debug is None else options.debug
    verbosity = 0 if options.quiet else verbosity
    if mode == "fast":
        _check_fast(parser, options)
    check_output(options.output)
    with PhaseBars(None if verbosity > 1 else False) as bars:
        run = _exact if mode == "exact" else _fast
        summary = run(options, bars)
    if verbosity > 0:
        logger.info("%s Wrote %s.", summary, options.output)


def _check_fast(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    try:
        checked_scorer(options.scoring, options.min_count, options.threshold)
        checked_delimiter(options.delimiter)
    except ValueError as error:
        parser.error(str(error))
    for name in ("max_vocab_size", "threads"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1, got {value}")


def _exact(options: argparse.Namespace, bars: PhaseBars) -> str:
    n_words, n_entries = word2phrase(
        options.train,
        options.output,
        min_count=options.min_count,
        threshold=options.threshold,
        progress=bars.phase("reading and writing", "B"),
    )
    return f"{n_words:,} words, {n_entries:,} distinct words and pairs."


def _fast(options: argparse.Namespace, bars: PhaseBars) -> str:
    workers = options.threads or usable_cpus()
    counted = count_corpus(
        file_source(options.train),
        connector_words=options.connector_words,
        delimiter=options.delimiter,
        max_vocab_size=options.max_vocab_size,
        workers=workers,
        bars=bars,
    )
    n_words, n_entries = counted.corpus.n_words, len(counted.counts)
    rule = _text.PhraseRule(
        options.scoring == "npmi",
        options.min_count,
        options.threshold,
        n_entries,
        n_words,
    )
    with open_output(options.output) as file:
        n_phrases = write_joined(counted, rule, file, workers=workers, bars=bars)
    return (
        f"{n_words:,} words, {n_entries:,} distinct words and pairs; joined "
        f"{n_phrases:,} times."
    )
