"""The command `w2vfast phrases`: the flags of C's word2phrase, and some of its own."""

from __future__ import annotations

import os
from typing import Any

from w2vfast import _text
from w2vfast.cli.flags import (
    DEBUG,
    PROGRESS,
    QUIET,
    TEXT_FLAGS,
    Flag,
    FlagGroup,
    FlagParser,
    FlagSpelling,
    listed_words,
    number,
    one_of,
    output_path,
    path,
    set_verbosity,
    tokenizer_given,
    whole_number,
)
from w2vfast.cli.overwriting import refuse_inputs
from w2vfast.errors import ParameterError
from w2vfast.phrases.counting import count_corpus
from w2vfast.phrases.joining import write_joined
from w2vfast.phrases.scorers import checked_scorer
from w2vfast.phrases.settings import ENGLISH_CONNECTOR_WORDS, checked_delimiter
from w2vfast.phrases.word2phrase import word2phrase
from w2vfast.system.files import check_output, open_output
from w2vfast.system.log import logger
from w2vfast.system.progress import PhaseBars
from w2vfast.system.resources import usable_cpus
from w2vfast.text.sources import CorpusOptions, file_source
from w2vfast.text.tokenizers import tokenizer_of


def _connector_words(text: str) -> frozenset[str]:
    if text == "english":
        return ENGLISH_CONNECTOR_WORDS
    return frozenset(word for entry in listed_words(text) for word in entry.split())


C_FLAGS = (
    Flag("train", path, "FILE", "text; - is standard input"),
    Flag("output", output_path, "FILE", "file for the joined text"),
    Flag("min-count", whole_number, "N", "leave out what is rarer (5)", "min_count"),
    Flag(
        "threshold",
        number,
        "X",
        "join pairs that score higher (10; exact mode 100; npmi needs -1 to 1)",
        "threshold",
    ),
    DEBUG,
)
OWN_FLAGS = (
    Flag(
        "mode",
        one_of("fast", "exact"),
        "fast|exact",
        "exact: the bytes of C's word2phrase (fast)",
    ),
    Flag(
        "scoring",
        one_of("default", "npmi"),
        "default|npmi",
        "how pairs are scored (default)",
        "scoring",
    ),
    Flag(
        "connector-words",
        _connector_words,
        "WORDS",
        "words only inside phrases: english, a,b,c or a file of them",
        "connector_words",
    ),
    Flag("delimiter", str, "TEXT", "what joins words (_)", "delimiter"),
    Flag(
        "max-vocab-size",
        whole_number,
        "N",
        "keep at most N words and pairs (40000000)",
        "max_vocab_size",
    ),
    Flag("threads", whole_number, "N", "threads (all usable CPUs)", "workers"),
    *TEXT_FLAGS,
    QUIET,
)

PARSER = FlagParser(
    "phrases",
    "w2vfast phrases -train FILE -output FILE [flags]\n\n"
    "Join words that co-occur more often than expected by chance: new_york.",
    (
        FlagGroup(
            "Flags of the C program, with one dash or two (defaults in parentheses):",
            ("-", "--"),
            C_FLAGS,
        ),
        FlagGroup("Further flags:", ("--", "-"), OWN_FLAGS),
    ),
    "Exit status: 0, 1 (run failed), 2 (wrong flags), 130 (interrupted).",
)
SPELLING = FlagSpelling(PARSER)

# Values of flags that are left out, by mode.  A mode accepts no other flags.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "fast": {
        "min-count": 5,
        "threshold": 10.0,
        "scoring": "default",
        "connector-words": frozenset(),
        "delimiter": "_",
        "max-vocab-size": 40_000_000,
        "threads": None,
        **dict.fromkeys(flag.name for flag in TEXT_FLAGS),
    },
    "exact": {"min-count": 5, "threshold": 100.0},
}


def phrases(arguments: list[str]) -> None:
    """Write a text with its phrases joined, as the C program's word2phrase does."""
    given = PARSER.read(arguments)
    options = _checked(given)
    verbosity = set_verbosity(given)
    refuse_inputs([options["output"]], [], options["train"])
    if options["mode"] != "exact":  # C takes any name
        PARSER.check_compression("-output", options["output"])
    check_output(options["output"])
    with PhaseBars(None if verbosity >= PROGRESS else False) as bars:
        run = _exact if options["mode"] == "exact" else _fast
        summary = run(options, bars)
    logger.info("%s Wrote %s.", summary, options["output"])


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """Return the flags with their defaults, or raise UsageError."""
    for name in ("train", "output"):
        if name not in given:
            PARSER.error(f"-{name} is missing: it names a file.")
    mode = given.get("mode", "fast")
    for name in _DEFAULTS["fast"]:
        if name in given and name not in _DEFAULTS[mode]:
            PARSER.error(
                f"--{name} is for --mode fast; the C program has no such option."
            )
    options = {"mode": mode, **_DEFAULTS[mode], **given}
    options["tokenizer"] = tokenizer_given(given, PARSER)
    if os.path.realpath(options["train"]) == os.path.realpath(options["output"]):
        PARSER.error(
            f"-train and -output are both {options['train']!r}. Name two files."
        )
    if mode == "fast":
        try:
            _check_fast(options)
        except ParameterError as error:
            PARSER.error(error.spelled(SPELLING))
    return options


def _check_fast(options: dict[str, Any]) -> None:
    checked_scorer(options["scoring"], options["min-count"], options["threshold"])
    checked_delimiter(options["delimiter"])
    limits = {"max_vocab_size": "max-vocab-size", "workers": "threads"}
    for parameter, name in limits.items():
        value = options[name]
        if value is not None and value < 1:
            raise ParameterError(parameter, value, "at least 1")


def _exact(options: dict[str, Any], bars: PhaseBars) -> str:
    n_words, n_entries = word2phrase(
        options["train"],
        options["output"],
        min_count=options["min-count"],
        threshold=options["threshold"],
        report=bars.phase("reading and writing", "B"),
    )
    return f"{n_words:,} words, {n_entries:,} distinct words and pairs."


def _fast(options: dict[str, Any], bars: PhaseBars) -> str:
    workers = options["threads"] or usable_cpus()
    tokenizer = tokenizer_of(options["tokenizer"], exact=False)
    counted = count_corpus(
        file_source(options["train"], CorpusOptions(tokenizer, options["column"])),
        connector_words=options["connector-words"],
        delimiter=options["delimiter"],
        max_vocab_size=options["max-vocab-size"],
        workers=workers,
        bars=bars,
    )
    n_words, n_entries = counted.corpus.n_words, len(counted.counts)
    rule = _text.PhraseRule(
        options["scoring"] == "npmi",
        options["min-count"],
        options["threshold"],
        n_entries,
        n_words,
    )
    with open_output(options["output"]) as file:
        n_phrases = write_joined(counted, rule, file, workers=workers, bars=bars)
    return (
        f"{n_words:,} words, {n_entries:,} distinct words and pairs; joined "
        f"{n_phrases:,} times."
    )
