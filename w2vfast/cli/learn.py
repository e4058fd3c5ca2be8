"""The command `w2vfast learn`: a page that trains a small model step by step."""

from __future__ import annotations

import io

from w2vfast.cli.flags import Parser
from w2vfast.cli.overwriting import refuse_inputs
from w2vfast.learn.learn_page import save_learn_page
from w2vfast.system.files import InputFile, check_output
from w2vfast.text.file_starts import MOST_BYTES, no_text_message
from w2vfast.text.readers import LineSentence


def learn(arguments: list[str]) -> None:
    """Write the learning page, with a text of the user's own if given."""
    parser = Parser(
        "learn",
        description="Write a page that shows every number of word2vec while a small "
        "model trains in the browser. It needs no network.",
    )
    parser.add_argument(
        "-o", "--output", default="learn.html", help="page to write (learn.html)"
    )
    parser.add_argument(
        "--train",
        metavar="FILE",
        help="small text to train on; its first 500 lines and 5000 tokens are used",
    )
    options = parser.parse_args(arguments)
    refuse_inputs([options.output], [options.train])
    check_output(options.output)
    if options.train is None:
        save_learn_page(options.output)
    else:
        _write_with_text(options.output, options.train)
    print(f"Wrote {options.output}.")


def _write_with_text(output: str, text: str) -> None:
    """Write the page with a text; errors name the file."""
    with io.BufferedReader(InputFile(text, text)) as file:
        message = no_text_message(text, file.read(MOST_BYTES))
    if message is not None:
        raise ValueError(message)
    try:
        save_learn_page(output, LineSentence(text))
    except ValueError as error:
        message = f"{text}: {error}"
        raise ValueError(message) from error
