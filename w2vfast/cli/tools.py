"""Commands on files of vectors: one function for each.

A command takes the arguments after its name and prints to standard output.  It raises
the errors of the functions that it calls, which `cli.main` reports.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sized
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.cli import reports
from w2vfast.cli.flags import STANDARD_OUTPUT, Parser, listed_words, output_path
from w2vfast.cli.overwriting import refuse_inputs
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.dispatch import kind_of, kind_to_write, read_vectors, write_vectors
from w2vfast.formats.projector import metadata_path
from w2vfast.formats.registry import KINDS
from w2vfast.formats.row_checks import finite_rows, row_lengths
from w2vfast.learn.learn_page import save_learn_page
from w2vfast.learn.recording import Recording, is_recording
from w2vfast.plots import figures, interactive_map, layout, word_plot, wordmap
from w2vfast.system.files import check_output, open_output
from w2vfast.system.html_pages import is_page
from w2vfast.system.log import logger
from w2vfast.text.vocab import first_rows
from w2vfast.vectors import evaluation
from w2vfast.vectors.classes import check_n_classes, kmeans_classes, write_classes
from w2vfast.vectors.keyedvectors import KeyedVectors
from w2vfast.vectors.missing_key import MissingKeyError

# Kinds that are written from their first byte to the last.
_STREAMED = [name for name, kind in KINDS.items() if kind.may_be_compressed]
_FILE_HELP = "vectors, in any format that convert reads"


def _load(path: str, limit: int | None = None) -> KeyedVectors:
    """Load vectors in the format of the name's suffix."""
    return KeyedVectors.load(path, unicode_errors="surrogateescape", limit=limit)


def _at_least(least: int) -> Callable[[str], int]:
    """Return a function that reads a whole number."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and int(text) >= least):
            message = f"must be a whole number of at least {least}, got {text!r}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return read


_count, _positive = _at_least(0), _at_least(1)


def classes(arguments: list[str]) -> None:
    """Write a class for each word of a file of vectors."""
    parser = Parser(
        "classes", description="Put words into classes by the C program's k-means."
    )
    parser.add_argument("file", help=_FILE_HELP)
    parser.add_argument(
        "n_classes", type=_positive, metavar="N", help="number of classes"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=output_path,
        default=STANDARD_OUTPUT,
        help="file to write; - is standard output",
    )
    options = parser.parse_args(arguments)
    refuse_inputs([options.output], [options.file])
    parser.check_compression("--output", options.output)
    check_output(options.output)
    vectors = _load(options.file)
    check_n_classes("N", options.n_classes, len(vectors))
    numbers = kmeans_classes(vectors.vectors, options.n_classes)
    write_classes(options.output, vectors.index_to_key, numbers)
    _tell_of(options.output, vectors)


def _tell_of(output: str, words: Sized) -> None:
    """Log what was written, but not to whom it was written."""
    if output != STANDARD_OUTPUT:
        logger.info("Wrote %s: %d words.", output, len(words))


def distance(arguments: list[str]) -> None:
    """List the words nearest to a word, or to the mean of several."""
    parser = Parser(
        "distance", description="List the words nearest to a word or several."
    )
    parser.add_argument("file", help=_FILE_HELP)
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="without words, the tool asks for them"
    )
    _answer(
        parser.parse_args(arguments),
        reports.distance,
        "Enter word or sentence (EXIT to break): ",
    )


def analogy(arguments: list[str]) -> None:
    """List the words that are to c as b is to a."""
    parser = Parser("analogy", description="Find what is to C as B is to A.")
    parser.add_argument("file", help=_FILE_HELP)
    parser.add_argument(
        "words",
        nargs="*",
        metavar="A B C",
        help="without words, the tool asks for them",
    )
    options = parser.parse_args(arguments)
    if options.words and len(options.words) < 3:
        parser.error(f"needs three words, got {len(options.words)}")
    _answer(options, reports.analogy, "Enter three words (EXIT to break): ")


def _answer(options: argparse.Namespace, answer: Any, prompt: str) -> None:
    loaded = _load(options.file)
    vectors = reports.CVectors(loaded.index_to_key, loaded.vectors)
    output = sys.stdout.buffer
    if not options.words:
        reports.converse(
            prompt, lambda words: answer(vectors, words), sys.stdin.buffer, output
        )
        return
    for word in options.words:
        if vectors.row(word) is None:
            raise ValueError(str(MissingKeyError(word, loaded.index_to_key)))
    output.write(answer(vectors, options.words))
    output.flush()


def accuracy(arguments: list[str]) -> None:
    """Answer analogy questions and count as compute-accuracy does."""
    parser = Parser(
        "accuracy",
        description="Answer analogy questions, with the C program's numbers.",
    )
    parser.add_argument("file", help=_FILE_HELP)
    parser.add_argument(
        "threshold",
        type=_count,
        nargs="?",
        default=0,
        metavar="THRESHOLD",
        help="use only the N first words, such as 30000 (0: all)",
    )
    parser.add_argument("--questions", help="file of questions (standard input)")
    options = parser.parse_args(arguments)
    if options.questions is None and sys.stdin.isatty():
        logger.info("Questions are read from standard input.")
    vectors = _load(options.file, options.threshold or None)
    result = evaluation.word_analogies(
        vectors.index_to_key,
        vectors.vectors,
        options.questions or sys.stdin.buffer,
        restrict_vocab=None,
    )
    _write(reports.accuracy(result))


def evaluate(arguments: list[str]) -> None:
    """Print how well vectors do on analogies and word pairs."""
    parser = Parser(
        "evaluate", description="Measure vectors by analogies and word pairs."
    )
    parser.add_argument("file", help=_FILE_HELP)
    files: dict[str, Any] = {"nargs": "+", "default": [], "metavar": "FILE"}
    parser.add_argument("--analogies", **files, help="questions of four words")
    parser.add_argument("--pairs", **files, help="lines of two words and a score")
    parser.add_argument(
        "--threshold",
        type=_count,
        default=30000,
        metavar="N",
        help="ask and answer analogies with the first N words (30000; 0: all)",
    )
    parser.add_argument(
        "--delimiter", default="\t", help="what separates words and score (tab)"
    )
    options = parser.parse_args(arguments)
    if not options.analogies and not options.pairs:
        parser.error("give --analogies, --pairs or both")
    vectors = _load(options.file)
    words, rows = vectors.index_to_key, vectors.vectors
    name = Path(options.file).name
    _write(f"{name}: {len(vectors)} words, {vectors.vector_size} values each\n")
    for path in options.analogies:
        found = evaluation.word_analogies(words, rows, path, options.threshold)
        _write("\n" + reports.analogy_table(Path(path).name, found))
    results = [
        (
            Path(path).name,
            evaluation.word_pairs(words, rows, path, delimiter=options.delimiter),
        )
        for path in options.pairs
    ]
    if results:
        _write("\n" + reports.pairs_table(results))


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def _add_input_options(parser: Parser) -> None:
    """Add the options that tell how a file is read."""
    readable = [name for name, kind in KINDS.items() if kind.read]
    parser.add_argument(
        "--from",
        dest="source",
        choices=readable,
        metavar="KIND",
        help=f"read as {', '.join(readable)} (by the name's suffix)",
    )
    parser.add_argument(
        "--in-spaces",
        choices=("refuse", "escape", "keep"),
        default="refuse",
        help="words with white space in the input: refuse them, undo escapes, or keep "
        "them, so that everything before the last values is the word (refuse)",
    )


def convert(arguments: list[str]) -> None:
    """Write a file of vectors in another format."""
    parser = _convert_parser()
    options = parser.parse_args(arguments)
    if options.output == STANDARD_OUTPUT and options.to not in _STREAMED:
        parser.error(
            f"standard output needs --to {' or '.join(_STREAMED)}; or name a file"
        )
    try:  # before the input is read, which may take long
        kind = kind_to_write(options.output, options.to)
    except ValueError as error:
        parser.error(str(error))
    parser.check_compression("OUT", options.output, kind=kind)
    outputs = [options.output]
    outputs += [metadata_path(options.output)] if kind == "projector" else []
    refuse_inputs(outputs, [options.input])
    KINDS[kind].check_place(options.output)
    how = ReadOptions(options.limit, "surrogateescape", options.in_spaces)
    held = read_vectors(options.input, options.source, how)
    write_vectors(options.output, held, kind, WriteOptions(options.spaces))
    _tell_of(options.output, held.words)


def _convert_parser() -> Parser:
    parser = Parser("convert", description="Write a file of vectors in another format.")
    lines = (
        f"  {', '.join(s or 'no suffix' for s in kind.suffixes):<31}"
        f"{name:<18}{kind.description}"
        for name, kind in KINDS.items()
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "suffixes and kinds:\n" + "\n".join(lines) + "\n\nThe first three also with "
        ".gz, .bz2 or .xz. Counts are kept if both formats store them."
    )
    parser.add_argument("input", metavar="IN", help="vectors")
    parser.add_argument(
        "output",
        metavar="OUT",
        type=output_path,
        help="file to write; - is standard output, with --to",
    )
    _add_input_options(parser)
    parser.add_argument(
        "--to",
        choices=[name for name, kind in KINDS.items() if kind.write],
        metavar="KIND",
        help="write as one of the kinds below (by the name's suffix)",
    )
    parser.add_argument(
        "--limit", type=_positive, metavar="N", help="read only the first N words"
    )
    parser.add_argument(
        "--spaces",
        choices=("refuse", "escape"),
        default="refuse",
        help="words with white space in the output: refuse them, or write \\x20 for a "
        "space (refuse)",
    )
    return parser


def info(arguments: list[str]) -> None:
    """Describe a file of vectors."""
    parser = Parser(
        "info", description="Describe a file of vectors and look for damage."
    )
    parser.add_argument("file", help=_FILE_HELP)
    _add_input_options(parser)
    parser.add_argument(
        "--words", type=_count, default=10, metavar="N", help="words to show (10)"
    )
    options = parser.parse_args(arguments)
    # Values that are not finite are reported here, not refused.
    how = ReadOptions(None, "surrogateescape", options.in_spaces, finite=False)
    held = read_vectors(options.file, options.source, how)
    n_words, dim = held.vectors.shape
    lines = {
        "file": options.file,
        "kind": options.source or kind_of(options.file),
        "shape": f"{n_words} words, {dim} dimensions, {held.vectors.dtype}",
        **_describe_rows(held),
        "first words": _first_words(held, options.words),
    }
    for name, text in lines.items():
        print(f"{name:<13}{text}")


def _describe_rows(held: Contents) -> dict[str, str]:
    """Describe the lengths and the rows that look like damage."""
    finite = finite_rows(held.vectors)
    lengths = row_lengths(held.vectors)
    shown = "none"
    if finite.any():
        least, middle, most = np.quantile(lengths[finite], [0, 0.5, 1])
        shown = f"{least:.4g} least, {middle:.4g} median, {most:.4g} greatest"
    first_row = first_rows(held.words)
    repeated = [first_row[word] != row for row, word in enumerate(held.words)]
    return {
        "lengths": shown,
        "not finite": _rows_in_words(held, ~finite),
        "zeros": _rows_in_words(held, lengths == 0),
        "repeated": _rows_in_words(held, np.array(repeated, np.bool_)),
    }


def _rows_in_words(held: Contents, chosen: npt.NDArray[np.bool_]) -> str:
    """Tell how many rows are chosen, and which is the first."""
    if not chosen.any():
        return "none"
    row = int(np.argmax(chosen))
    word = _printable(held.words[row])
    return f"{chosen.sum()} of {len(chosen)} rows, the first {word!r} (row {row + 1})"


def _first_words(held: Contents, n_words: int) -> str:
    """List the words of the first rows, by convention the most frequent."""
    words = [_printable(word) for word in held.words[:n_words]]
    if held.counts is None:
        return " ".join(words)
    counts = held.counts[:n_words].tolist()
    return " ".join(f"{w} ({n})" for w, n in zip(words, counts, strict=True))


def _printable(word: object) -> str:
    """Replace bytes that are not UTF-8, and what a terminal would obey."""
    text = str(word).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def plot(arguments: list[str]) -> None:
    """Draw words of a file of vectors in two dimensions: a picture or a page."""
    parser = _plot_parser()
    options = parser.parse_args(arguments)
    # Checked before the vectors are read, which may take long.
    refuse_inputs([options.output], [options.file, options.words])
    as_page = is_page(options.output)
    if is_recording(options.file):
        _plot_recording(parser, options)
        return
    try:
        kind = "html" if as_page else figures.image_format(options.output)
    except ValueError as error:
        parser.error(str(error))
    check_output(options.output)
    words = None if options.words is None else listed_words(options.words)
    vectors = _load(options.file)
    common = {
        "top": options.top,
        "all_words": options.all,
        "method": options.method,
        "title": options.title,
        "seed": options.seed,
    }
    if as_page:
        interactive_map.save_map_page(
            options.output, vectors, words, neighbours=options.neighbours, **common
        )
    else:
        figure = word_plot.plot_words(vectors, words, **common)
        with open_output(options.output) as file:
            figure.savefig(file, format=kind)
    print(f"Wrote {options.output}.")


def _plot_recording(parser: Parser, options: argparse.Namespace) -> None:
    """Write the film of a recording, which train --record made."""
    if not is_page(options.output):
        parser.error(
            f"{options.file} is a recording, which becomes a page: name it .html, got "
            f"{options.output}"
        )
    for name in ("words", "top", "all", "method", "neighbours", "title", "seed"):
        if getattr(options, name) != parser.get_default(name):
            parser.error(
                f"--{name} is for vectors, and {options.file} is a recording: its film "
                "has the words that were recorded. Leave it out"
            )
    check_output(options.output)
    save_learn_page(options.output, Recording.load(options.file))
    print(f"Wrote {options.output}.")


def _plot_parser() -> Parser:
    parser = Parser(
        "plot",
        description="Draw the most frequent words in two dimensions, or make a film of "
        "a recording.",
    )
    parser.add_argument("file", help=f"{_FILE_HELP}; or what train --record wrote")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        help=".html for a page with pan, zoom and search; .png, .svg, .pdf ... for a "
        "picture, which needs matplotlib",
    )
    parser.add_argument("--words", help="draw these words, a,b,c or a file of them")
    top = wordmap.DEFAULT_TOP
    parser.add_argument(
        "--top", type=_positive, default=top, help=f"number of words ({top})"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="do not skip frequent short words, such as 'the', and single letters",
    )
    parser.add_argument(
        "--method",
        choices=layout.METHODS,
        default="pca",
        help="pca; tsne needs scikit-learn, umap umap-learn",
    )
    neighbours = interactive_map.DEFAULT_NEIGHBOURS
    parser.add_argument(
        "--neighbours",
        type=_count,
        default=neighbours,
        metavar="K",
        help=f"neighbours that a click on a word of the page shows ({neighbours})",
    )
    parser.add_argument("--title", help="title above the map")
    parser.add_argument("--seed", type=_count, default=1, help="for tsne and umap (1)")
    return parser
