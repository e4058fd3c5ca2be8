"""The command `w2vfast learn`: a page that trains a small model step by step."""

from __future__ import annotations

from w2vfast.cli.flags import Parser
from w2vfast.learn.learn_page import save_learn_page
from w2vfast.system.files import check_output
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
    check_output(options.output)
    sentences = None if options.train is None else LineSentence(options.train)
    save_learn_page(options.output, sentences)
    print(f"Wrote {options.output}.")
