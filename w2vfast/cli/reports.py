"""Output of the tools: the layouts of C's three tools, and the table of `evaluate`.

V is the number of words, D the dimension.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from w2vfast.text.vocab import first_rows
from w2vfast.vectors import neighbours
from w2vfast.vectors.evaluation import (
    AnalogyResult,
    AnalogySection,
    Score,
    WordPairsResult,
)

Float32 = npt.NDArray[np.float32]

_LISTED = 40  # neighbours that C's tools list
_HEAD = "\n{:>50}{:>22}\n" + "-" * 72 + "\n"


class CVectors:
    """Unit vectors and their products, rounded as in C's distance and word-analogy.

    Sums are sequential, in float32, so that they agree to the last bit with the
    programs compiled by ``-O3 -ffp-contract=off``.

    Parameters
    ----------
    words : sequence of str or int, length V
    vectors : ndarray of float, shape (V, D)
        A copy of 4 V D bytes is made.
    """

    def __init__(self, words: Sequence[Any], vectors: npt.NDArray[Any]) -> None:
        self.words = [str(word) for word in words]
        self._rows = first_rows(self.words)
        # Transposed, so that a sequential sum takes D vectorised steps.
        self._columns = np.array(vectors.T, np.float32, order="C")
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            self._columns /= np.sqrt(_sum_of_products(self._columns, self._columns))

    def row(self, word: str) -> int | None:
        """Return the row of a word, None for an unknown one."""
        return self._rows.get(word)

    def unit(self, row: int) -> Float32:
        """Return the unit vector of a row."""
        return np.asarray(self._columns[:, row])

    def nearest(
        self, direction: Float32, given: list[int], least: float
    ) -> list[tuple[str, float]]:
        """Return the words with the largest cosines, without those of some rows.

        Parameters
        ----------
        direction : ndarray of float32, shape (D,)
            Of any length; scaled to length 1.
        given : list of int
            Rows to leave out.
        least : float
            Cosines at and below it are not listed; as in C, the list is filled up
            with empty words that have this cosine.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            direction /= np.sqrt(_sum_of_products(direction, direction))
            cosines = _sum_of_products(direction, self._columns)
        cosines[given] = np.nan
        cosines[~(cosines > least)] = np.nan
        best = neighbours.largest(cosines, _LISTED).tolist()
        found = [(self.words[row], float(cosines[row])) for row in best]
        return found + [("", least)] * (_LISTED - len(found))


def _sum_of_products(left: Float32, right: Float32) -> Float32:
    """Sum left[0] * right[0], left[1] * right[1] ... sequentially."""
    total = np.zeros(right.shape[1:], np.float32)
    for a, b in zip(left, right, strict=True):
        total += a * b
    return total


def distance(vectors: CVectors, words: list[str]) -> bytes:
    """Return what C's distance prints about one word, or the mean of several."""
    text, rows = _look_up(vectors, words, absent=-1)
    if rows is None:
        return text
    direction = np.zeros_like(vectors.unit(rows[0]))
    for row in rows:
        direction += vectors.unit(row)
    head = _HEAD.format("Word", "Cosine distance")
    return text + head.encode() + _listed(vectors.nearest(direction, rows, -1.0))


def analogy(vectors: CVectors, words: list[str]) -> bytes:
    """Return what C's word-analogy prints: a is to b as c is to ...

    Differs: C treats an unknown word as the word of row 0.
    """
    if len(words) < 3:
        text = (
            f"Only {len(words)} words were entered.. three words are needed at the "
            "input to perform the calculation\n"
        )
        return text.encode()
    looked_up, rows = _look_up(vectors, words, absent=0)
    if rows is None:
        return looked_up
    a, b, c = (vectors.unit(row) for row in rows[:3])
    head = _HEAD.format("Word", "Distance")
    return looked_up + head.encode() + _listed(vectors.nearest(b - a + c, rows, 0.0))


def _look_up(
    vectors: CVectors, words: list[str], absent: int
) -> tuple[bytes, list[int] | None]:
    """Return text with each word's row, up to the first unknown word, and the rows."""
    lines, rows = [], []
    for word in words:
        row = vectors.row(word)
        place = absent if row is None else row
        lines.append(f"\nWord: {word}  Position in vocabulary: {place}\n")
        if row is None:
            lines.append("Out of dictionary word!\n")
            return _encoded("".join(lines)), None
        rows.append(row)
    return _encoded("".join(lines)), rows


def _listed(found: Iterable[tuple[str, float]]) -> bytes:
    # C pads to 50 bytes, not characters.
    return b"".join(
        b"%b\t\t%b\n" % (_encoded(word).rjust(50), b"%f" % cosine)
        for word, cosine in found
    )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def converse(
    prompt: str, answer: Any, questions: Iterable[bytes], output: BinaryIO
) -> None:
    """Ask for words and answer until EXIT or the end of the input.

    Parameters
    ----------
    prompt : str
        Written before each question.
    answer : callable
        Takes a list of words, returns bytes.
    questions : iterable of bytes
        Lines of words.  Differs: several spaces count as one, and the end of the input
        ends the conversation; C's tools read an empty word, and loop for ever.
    output : binary file
    """
    output.write(prompt.encode())
    output.flush()
    for line in questions:
        words = line.decode("utf-8", "surrogateescape").split()
        if words == ["EXIT"]:
            return
        output.write(answer(words or [""]))
        output.write(prompt.encode())
        output.flush()
    output.write(b"\n")
    output.flush()


# --- accuracy ---------------------------------------------------------------------


def accuracy(result: AnalogyResult) -> str:
    """Return what C's compute-accuracy prints."""
    lines = []
    for n, section in enumerate(result.sections, 1):
        score = section.score
        asked = score.asked or 1
        so_far = AnalogyResult(result.sections[:n], 0, 0, 0)
        lines += [
            f"{section.name}:",
            f"ACCURACY TOP1: {_c_percent(score.correct, asked)} %  "
            f"({score.correct} / {asked})",
            f"Total accuracy: {_c_percent(*so_far.total)} %   "
            f"Semantic accuracy: {_c_percent(*so_far.semantic)} %   "
            f"Syntactic accuracy: {_c_percent(*so_far.syntactic)} % ",
        ]
    lines.append(
        f"Questions seen / total: {result.seen} {result.questions}   "
        f"{_c_percent(result.seen, result.questions)} % "
    )
    return "\n".join([*lines, ""])


def _c_percent(part: int, whole: int) -> str:
    """Format a share as C does: in float32, and 0 / 0 as -nan, as on x86."""
    if whole == 0:
        return "-nan"
    share = np.float32(part) / np.float32(whole) * np.float32(100)
    return f"{share:.2f}"


# --- evaluate ---------------------------------------------------------------------

_COLUMNS = "{:<34}{:>9}{:>9}{:>11}{:>10}{:>10}\n"


def analogy_table(name: str, result: AnalogyResult) -> str:
    """Return a table of the sections of an analogy file, their totals and coverage."""

    def row(title: str, score: Score, questions: int) -> str:
        return _COLUMNS.format(
            title,
            score.correct,
            score.asked,
            questions,
            _percent(score.correct, score.asked),
            _percent(score.asked, questions),
        )

    def total(title: str, sections: list[AnalogySection]) -> str:
        part = AnalogyResult(sections, 0, 0, 0)
        return row(title, part.total, sum(section.questions for section in sections))

    head = f"{name}: answers among the first {result.searched} words\n"
    names = "section", "correct", "asked", "questions", "accuracy", "coverage"
    lines = [head, _COLUMNS.format(*names)]
    lines += [row(s.name, s.score, s.questions) for s in result.sections]
    semantic, syntactic = result.split
    if syntactic:
        lines.append(total("semantic (the first five)", semantic))
        lines.append(total("syntactic (the others)", syntactic))
    lines.append(total("total", result.sections))
    return "".join(lines)


def pairs_table(results: Sequence[tuple[str, WordPairsResult]]) -> str:
    """Return a table of correlations, a row for each file of word pairs."""
    names = "word pairs", "compared", "pairs", "Pearson", "Spearman", "coverage"
    lines = [_COLUMNS.format(*names)]
    for name, result in results:
        correlations = result.pearson.statistic, result.spearman.statistic
        lines.append(
            _COLUMNS.format(
                name,
                result.seen,
                result.pairs,
                *(f"{value:.4f}" for value in correlations),
                _percent(result.seen, result.pairs),
            )
        )
    return "".join(lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"
