"""The command `w2vfast learn`: a page that trains a small model step by step."""

from __future__ import annotations

from w2vfast.cli.flags import (
    TEXT_FLAGS,
    Flag,
    FlagGroup,
    FlagParser,
    FlagSpelling,
    path,
    tokenizer_given,
)
from w2vfast.cli.overwriting import refuse_inputs
from w2vfast.learn.learn_page import save_learn_page
from w2vfast.system.files import check_output

PARSER = FlagParser(
    "learn",
    "w2vfast learn [-o learn.html] [--train FILE] [flags]\n\n"
    "Write a page that shows every number of word2vec while a small model trains in "
    "the\nbrowser. It needs no network.",
    (
        FlagGroup(
            "Page:", ("-",), (Flag("o", path, "FILE", "page to write (learn.html)"),)
        ),
        FlagGroup(
            "Text of your own; its first 500 sentences and 5000 tokens are used:",
            ("--", "-"),
            (
                Flag("train", path, "FILE", "text; - is standard input", "corpus_file"),
                *TEXT_FLAGS,
                Flag("output", path, "FILE", "the same as -o"),
            ),
        ),
    ),
    "Exit status: 0, 1 (run failed), 2 (wrong flags), 130 (interrupted).",
)
SPELLING = FlagSpelling(PARSER)


def learn(arguments: list[str]) -> None:
    """Write the learning page, with a text of the user's own if given."""
    given = PARSER.read(arguments)
    if {"o", "output"} <= given.keys():
        PARSER.error(
            f"-o {given['o']} and --output {given['output']} both name the page. Leave "
            "one of them out."
        )
    output = given.get("o", given.get("output", "learn.html"))
    corpus = given.get("train")
    tokenizer = tokenizer_given(given, PARSER)
    if corpus is None and (tokenizer is not None or "column" in given):
        PARSER.error("--train is missing: it names the text of the other flags.")
    refuse_inputs([output], [], corpus)
    check_output(output)
    save_learn_page(
        output, corpus_file=corpus, tokenize=tokenizer, column=given.get("column")
    )
    print(f"Wrote {output}.")
