"""Quality of word vectors: analogy accuracy and correlation with human judgement.

V is the number of words, D the dimension, Q the number of questions.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.errors import (
    ParameterError,
    ParameterTypeError,
    optional_number,
    warn,
)
from w2vfast.system.files import InputFile
from w2vfast.text.vocab import first_rows
from w2vfast.vectors import neighbours
from w2vfast.vectors.correlation import Correlation, pearson, ranks

Source = str | os.PathLike[str] | IO[Any]
Words = Sequence[str | int]
FloatArray = npt.NDArray[np.floating[Any]]
Question = tuple[str, str, str, str]

SEMANTIC_SECTIONS = 5  # the first five of questions-words.txt; the rest is syntactic
# Rows and questions of a block of similarities, which fits the cache.
_ROWS, _QUESTIONS = 2048, 256
# Largest number of dot products from which such a block is computed [float32 values].
_PRODUCTS = 1 << 24


# --- analogies ------------------------------------------------------------------


class Score(NamedTuple):
    """Number of correct answers and of questions asked."""

    correct: int
    asked: int

    @property
    def accuracy(self) -> float:
        """Fraction of correct answers; 0 if no question was asked."""
        return self.correct / self.asked if self.asked else 0.0


@dataclass
class AnalogySection:
    """Results of one section of the file.

    Attributes
    ----------
    name : str
    questions : int
        Questions in the section, whether they were asked or not [questions].
    correct, incorrect : list of (str, str, str, str)
        The questions that were asked, in the order of the file.
    """

    name: str
    questions: int = 0
    correct: list[Question] = field(default_factory=list)
    incorrect: list[Question] = field(default_factory=list)

    @property
    def score(self) -> Score:
        """Correct answers in this section."""
        return Score(len(self.correct), len(self.correct) + len(self.incorrect))


@dataclass(frozen=True)
class AnalogyResult:
    """Result of `word_analogies`.

    Attributes
    ----------
    sections : list of AnalogySection
        In the order of the file.
    seen : int
        Questions whose four words are all in the vocabulary [questions].
    questions : int
        Questions in the file [questions].
    searched : int
        Words that were candidates for answers [words].
    """

    sections: list[AnalogySection]
    seen: int
    questions: int
    searched: int

    @property
    def split(self) -> tuple[list[AnalogySection], list[AnalogySection]]:
        """The first five sections, which are semantic, and the others."""
        sections = self.sections
        return sections[:SEMANTIC_SECTIONS], sections[SEMANTIC_SECTIONS:]

    @property
    def total(self) -> Score:
        """Correct answers in all sections."""
        return _sum(self.sections)

    @property
    def semantic(self) -> Score:
        """Correct answers in the first five sections."""
        return _sum(self.split[0])

    @property
    def syntactic(self) -> Score:
        """Correct answers after the first five sections."""
        return _sum(self.split[1])

    @property
    def coverage(self) -> float:
        """Fraction of questions whose words are all known; 0 without questions."""
        return self.seen / self.questions if self.questions else 0.0


def _sum(sections: Sequence[AnalogySection]) -> Score:
    scores = [section.score for section in sections]
    return Score(sum(s.correct for s in scores), sum(s.asked for s in scores))


def word_analogies(
    words: Words,
    vectors: FloatArray,
    source: Source,
    restrict_vocab: int | None = 30000,
    *,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    multiply: bool = False,
) -> AnalogyResult:
    """Answer questions "a is to b as c is to ?" and count as compute-accuracy does.

    The answer is the word whose unit vector has the largest dot product with
    b - a + c, all of them unit vectors (3CosAdd); or, of the similarities
    (1 + cosine) / 2, the largest product of those with b and c, divided by that with a
    (3CosMul).  The three words of the question are excluded.  A question with an
    out-of-vocabulary word is not asked.  A question without any candidate of positive
    similarity counts as wrong.

    Parameters
    ----------
    words : sequence of str or int, length V
        Most frequent first.
    vectors : ndarray of float, shape (V, D)
        Their vectors, of any length.
    source : str, path-like or file
        Lines of four words; a line ``: name`` begins each section.
    restrict_vocab : int or None, default 30000
        Use only the N most frequent words, in questions and as answers [words]; None or
        0 for all.
    case_insensitive : bool, default True
        Ignore the difference between upper and lower case.  If several words of the
        vocabulary are then equal, a question refers to the first.
    dummy4unknown : bool, default False
        Count questions with unknown words as wrong instead of ignoring them.
    multiply : bool, default False
        3CosMul instead of 3CosAdd.

    Returns
    -------
    AnalogyResult

    Raises
    ------
    ValueError
        If a line is neither a section nor four words, with the line's number; if there
        are no questions; or the lengths differ.
    OSError
        If the file cannot be read.

    Notes
    -----
    O(U V D + Q V) time, where U is the number of distinct words in the questions: the
    similarity with b - a + c is the sum of those with a, b and c, each of which occurs
    in many questions.

    3CosMul: O. Levy and Y. Goldberg (2014), Linguistic regularities in sparse and
    explicit word representations, CoNLL, equation 4 and footnote 7.

    Source: compute-accuracy.c of word2vec 0.1c.  Differs: vocabularies in upper case
    and beyond ASCII match as well, and words have no length limit.
    """
    unit, known = _searchable(words, vectors, restrict_vocab, case_insensitive)
    fold = _fold if case_insensitive else str
    forms = [fold(str(word)) for word in words[: len(unit)]]
    sections: list[AnalogySection] = []
    asked: list[tuple[AnalogySection, Question]] = []
    rows: list[list[int]] = []
    for section, question in _read_questions(source):
        if question is None:
            sections.append(section)
            continue
        section.questions += 1
        found = [known.get(fold(word), -1) for word in question]
        if -1 not in found or dummy4unknown:
            asked.append((section, question))
            rows.append(found)
    questions = np.array(rows, np.intp).reshape(-1, 4)
    seen, answers = _answer(unit, questions, _products if multiply else _sums)
    for (section, question), answer in zip(asked, answers, strict=True):
        right = answer >= 0 and forms[answer] == fold(question[3])
        (section.correct if right else section.incorrect).append(question)
    n_questions = sum(section.questions for section in sections)
    _check_questions(n_questions, len(asked), len(unit))
    return AnalogyResult(sections, seen, n_questions, len(unit))


def _check_questions(n_questions: int, n_asked: int, n_words: int) -> None:
    """Raise without questions; warn where none can be asked."""
    if n_questions == 0:
        message = (
            "there are no questions. Give lines of four words, 'man king woman queen', "
            "after a line ': name'."
        )
        raise ValueError(message)
    if n_asked == 0:
        warn(
            f"none of the {n_questions} questions has all its words among the "
            f"{n_words} words that are searched, so that nothing was asked"
        )


def _fold(word: str) -> str:
    # Lower case keeps more letters distinct than upper case ("ß" is not "SS").
    return word.lower()


def _searchable(
    words: Words,
    vectors: FloatArray,
    restrict_vocab: int | None,
    case_insensitive: bool,
) -> tuple[npt.NDArray[np.float32], dict[str, int]]:
    """Return the unit vectors of the words used, and the row of each folded word."""
    if len(words) != len(vectors):
        message = f"got {len(words)} words and {len(vectors)} vectors"
        raise ValueError(message)
    restrict_vocab = optional_number("restrict_vocab", restrict_vocab, "all words")
    stop = min(restrict_vocab or len(words), len(words))
    fold = _fold if case_insensitive else str
    known = first_rows([fold(str(word)) for word in words[:stop]])
    return neighbours.unit_rows(vectors[:stop]), known


def _read_questions(
    source: Source,
) -> Iterator[tuple[AnalogySection, Question | None]]:
    """Yield (section, None) at the start of a section, then (section, question)."""
    section = None
    with _lines(source) as (name, lines):
        for number, line in enumerate(lines, 1):
            fields = line.split()
            if not fields:
                continue
            if fields[0].startswith(":"):
                section = AnalogySection(line.strip().lstrip(":").strip())
                yield section, None
            elif section is None or len(fields) != 4:
                expected = "four words" if section else "a section ': name'"
                message = f"{name}, line {number}: expected {expected}, got {line!r}"
                raise ValueError(message)
            else:
                a, b, c, d = fields
                yield section, (a, b, c, d)


@contextlib.contextmanager
def _lines(source: Source) -> Iterator[tuple[str, Iterator[str]]]:
    """Open a path, or use an open file, as text; yield its name and its lines."""
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        with InputFile(name, repr(name)) as file:
            plain = io.BufferedReader(file)
            yield name, io.TextIOWrapper(plain, "utf-8-sig", "surrogateescape")
    else:
        lines = (
            line.decode("utf-8", "surrogateescape") if isinstance(line, bytes) else line
            for line in source
        )
        yield str(getattr(source, "name", "<file>")), lines


Cosines = npt.NDArray[np.float32]


def _sums(a: Cosines, b: Cosines, c: Cosines) -> Cosines:
    """Score all candidates by 3CosAdd, from their cosines with a, b and c."""
    return (b - a) + c


def _products(a: Cosines, b: Cosines, c: Cosines) -> Cosines:
    """Score all candidates by 3CosMul, from their cosines with a, b and c."""
    above, below = (1 + b) * (1 + c) / 4, (1 + a) / 2
    return np.asarray(above / (below + neighbours.COSMUL_EPSILON), np.float32)


def _answer(
    unit: npt.NDArray[np.float32],
    questions: npt.NDArray[np.intp],
    score_of: Callable[[Cosines, Cosines, Cosines], Cosines],
) -> tuple[int, npt.NDArray[np.intp]]:
    """Return the best answer to each question.

    Parameters
    ----------
    unit : ndarray of float32, shape (V, D)
        Unit vectors, or rows of zeros.
    questions : ndarray of intp, shape (Q, 4)
        Rows of a, b, c and the expected answer; -1 for unknown words.
    score_of : callable
        `_sums` or `_products`.

    Returns
    -------
    seen : int
        Questions without an unknown word.
    answers : ndarray of intp, shape (Q,)
        Rows of the answers, -1 where there is none.
    """
    known = np.flatnonzero((questions >= 0).all(axis=1))
    inputs = questions[known, :3]
    distinct, inverse = np.unique(inputs, return_inverse=True)
    inverse, asked = inverse.reshape(inputs.shape), unit[distinct]
    # As in the C program, only a similarity above 0 is an answer.
    best = np.zeros(len(known), np.float32)
    found = np.full(len(known), -1, np.intp)
    step = max(1, min(_ROWS, _PRODUCTS // max(1, len(distinct))))
    for rows in neighbours.blocks(len(unit), step):
        products = asked @ unit[rows].T
        for part in neighbours.blocks(len(known), _QUESTIONS):
            a, b, c = inverse[part].T
            scores = score_of(products[a], products[b], products[c])
            _exclude(scores, inputs[part] - rows.start)
            column = scores.argmax(axis=1)
            score = scores[np.arange(len(scores)), column]
            better = score > best[part]
            best[part][better] = score[better]
            found[part][better] = column[better] + rows.start
    has_direction: npt.NDArray[np.bool_] = np.any(unit, axis=1)
    found[~has_direction[inputs].all(axis=1)] = -1
    answers = np.full(len(questions), -1, np.intp)
    answers[known] = found
    return len(known), answers


def _exclude(scores: npt.NDArray[np.float32], columns: npt.NDArray[np.intp]) -> None:
    """Set the scores of the words of each question to 0; INOUT scores."""
    inside = (columns >= 0) & (columns < scores.shape[1])
    scores[np.nonzero(inside)[0], columns[inside]] = 0


# --- word pairs -----------------------------------------------------------------


@dataclass(frozen=True)
class WordPairsResult:
    """Result of `word_pairs`.

    Attributes
    ----------
    pearson, spearman : Correlation
        Correlation of the scores in the file with the cosines of the vectors.
    seen : int
        Pairs whose two words are in the vocabulary [pairs].
    pairs : int
        Pairs in the file [pairs].
    """

    pearson: Correlation
    spearman: Correlation
    seen: int
    pairs: int

    @property
    def coverage(self) -> float:
        """Fraction of the pairs whose words are both known."""
        return self.seen / self.pairs


def word_pairs(
    words: Words,
    vectors: FloatArray,
    source: Source,
    restrict_vocab: int | None = None,
    *,
    delimiter: str = "\t",
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> WordPairsResult:
    """Correlate the cosines of word pairs with human similarity scores.

    Parameters
    ----------
    words : sequence of str or int, length V
        Most frequent first.
    vectors : ndarray of float, shape (V, D)
        Their vectors, of any length.
    source : str, path-like or file
        Lines of two words and a score; lines that begin with ``#`` are skipped.
    restrict_vocab : int or None, default None
        Use only the N most frequent words [words]; None or 0 for all.
    delimiter : str, default tab
        The separator of the three.
    case_insensitive : bool, default True
        Ignore the difference between upper and lower case.
    dummy4unknown : bool, default False
        Give pairs with unknown words the cosine 0 instead of ignoring them.

    Returns
    -------
    WordPairsResult

    Raises
    ------
    ValueError
        If a line does not contain two words and a finite number; the message gives the
        line.  If there are no pairs, or none has both its words in the vocabulary.  If
        `delimiter` is empty.
    TypeError
        If `delimiter` is no str.
    OSError
        If the file cannot be read.

    Notes
    -----
    Spearman's correlation is Pearson's of the ranks; equal values share the mean of
    their ranks.  The p-values are those of Student's t with n - 2 degrees of freedom.
    """
    unit, known = _searchable(words, vectors, restrict_vocab, case_insensitive)
    fold = _fold if case_insensitive else str
    _check_delimiter(delimiter)
    scores: list[float] = []
    rows: list[tuple[int, int]] = []
    for first, second, score in _read_pairs(source, delimiter):
        rows.append((known.get(fold(first), -1), known.get(fold(second), -1)))
        scores.append(score)
    pairs = np.array(rows, np.intp).reshape(-1, 2)
    seen = (pairs >= 0).all(axis=1)
    if not rows:
        message = (
            "there are no word pairs. Give lines of two words and a score, separated "
            f"by {delimiter!r}."
        )
        raise ValueError(message)
    if not seen.any():
        message = (
            f"none of the {len(pairs)} word pairs has both its words among the "
            f"{len(unit)} words of the vocabulary, so nothing can be compared"
        )
        raise ValueError(message)
    cosines = np.zeros(len(pairs))
    a, b = unit[pairs[seen]].astype(np.float64).transpose(1, 0, 2)
    cosines[seen] = np.einsum("nd,nd->n", a, b)
    used = np.ones_like(seen) if dummy4unknown else seen
    gold, model = np.array(scores)[used], cosines[used]
    return WordPairsResult(
        pearson(gold, model),
        pearson(ranks(gold), ranks(model)),
        int(seen.sum()),
        len(pairs),
    )


def _check_delimiter(delimiter: object) -> None:
    """Raise TypeError or ValueError if it is no str, or empty."""
    name, accepted = "delimiter", "a str that separates words and score"
    if not isinstance(delimiter, str):
        raise ParameterTypeError(name, delimiter, accepted)
    if not delimiter:
        raise ParameterError(name, delimiter, accepted)


def _read_pairs(source: Source, delimiter: str) -> Iterator[tuple[str, str, float]]:
    with _lines(source) as (name, lines):
        for number, line in enumerate(lines, 1):
            text = line.rstrip("\r\n")
            if not text.strip() or text.startswith("#"):
                continue
            fields = [field.strip() for field in text.split(delimiter)]
            score = _number(fields[-1])
            if len(fields) != 3 or score is None:
                message = (
                    f"{name}, line {number}: expected two words and a number separated "
                    f"by {delimiter!r}, got {text!r}; put # before a line to skip"
                )
                raise ValueError(message)
            yield fields[0], fields[1], score


def _number(text: str) -> float | None:
    try:
        # float() accepts digits grouped by underscores, and those of any script.
        value = float("" if "_" in text or not text.isascii() else text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
