"""Quality of word vectors: analogy accuracy and correlation with human judgement.

V is the number of words, D the dimension, Q the number of questions.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.text.vocab import first_rows
from w2vfast.vectors import neighbours

Source = str | os.PathLike[str] | IO[Any]
Words = Sequence[str | int]
FloatArray = npt.NDArray[np.floating[Any]]
Question = tuple[str, str, str, str]

SEMANTIC_SECTIONS = 5  # the first five of questions-words.txt; the rest is syntactic
_ROWS, _QUESTIONS = 2048, 256  # of one block of similarities, which fits the cache
_PRODUCTS = 1 << 24  # [float32 values] at most of the products they are made of


# --- analogies ------------------------------------------------------------------


class Score(NamedTuple):
    """Right answers among the questions that were asked."""

    correct: int
    asked: int

    @property
    def accuracy(self) -> float:
        """Fraction of right answers; 0 if nothing was asked."""
        return self.correct / self.asked if self.asked else 0.0


@dataclass
class AnalogySection:
    """The questions of one section that were asked, in the order of the file.

    `questions` is the number of all of them, asked or not.
    """

    name: str
    questions: int = 0
    correct: list[Question] = field(default_factory=list)
    incorrect: list[Question] = field(default_factory=list)

    @property
    def score(self) -> Score:
        """Right answers in this section."""
        return Score(len(self.correct), len(self.correct) + len(self.incorrect))


@dataclass(frozen=True)
class AnalogyResult:
    """What `word_analogies` found.

    Attributes
    ----------
    sections : list of AnalogySection
        In the order of the file.
    seen : int
        Questions whose four words are all in the vocabulary [questions].
    questions : int
        Questions in the file [questions].
    searched : int
        Words among which the answers were sought [words].
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
        """Right answers in all sections."""
        return _sum(self.sections)

    @property
    def semantic(self) -> Score:
        """Right answers in the first five sections."""
        return _sum(self.split[0])

    @property
    def syntactic(self) -> Score:
        """Right answers after the first five sections."""
        return _sum(self.split[1])

    @property
    def coverage(self) -> float:
        """Fraction of the questions that could be asked; 0 without questions."""
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
) -> AnalogyResult:
    """Answer questions "a is to b as c is to ?" and count as compute-accuracy does.

    The answer is the word whose unit vector has the largest product with b - a + c
    (unit vectors too; 3CosAdd).  The three words of the question are no candidates.
    A question with a word outside the vocabulary is not asked.  One without any
    candidate of positive similarity counts as wrong.

    Parameters
    ----------
    words : sequence of str or int, length V
        Most frequent first.
    vectors : ndarray of float, shape (V, D)
        Their vectors, of any length.
    source : str, path-like or file
        Lines of four words, and before them a line ``: name`` for each section.
    restrict_vocab : int or None, default 30000
        Use the first so many words only, for the questions and the answers [words];
        None or 0 for all.
    case_insensitive : bool, default True
        Take words for equal that differ in upper and lower case; of those, a
        question means the first.
    dummy4unknown : bool, default False
        Count questions with unknown words as wrong rather than leaving them out.

    Returns
    -------
    AnalogyResult

    Raises
    ------
    ValueError
        If a line is neither a section nor four words, with the line's number; or the
        lengths differ.
    OSError
        If the file cannot be read.

    Notes
    -----
    O(U V D + Q V) time, where U is the number of different words in the questions:
    the similarity with b - a + c is made of those with a, b and c, and each of these
    stands in many questions.

    Source
    ------
    compute-accuracy.c of word2vec 0.1c.  Differs: an upper-case vocabulary and one
    beyond ASCII match too, and words have no length limit.
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
    seen, answers = _answer(unit, np.array(rows, np.intp).reshape(-1, 4))
    for (section, question), answer in zip(asked, answers, strict=True):
        right = answer >= 0 and forms[answer] == fold(question[3])
        (section.correct if right else section.incorrect).append(question)
    n_questions = sum(section.questions for section in sections)
    return AnalogyResult(sections, seen, n_questions, len(unit))


def _fold(word: str) -> str:
    # Lower case rather than upper: it keeps more letters apart ("ß" is not "SS").
    return word.lower()


def _searchable(
    words: Words,
    vectors: FloatArray,
    restrict_vocab: int | None,
    case_insensitive: bool,
) -> tuple[npt.NDArray[np.float32], dict[str, int]]:
    """Return the unit vectors of the words searched and the row of each word form."""
    if len(words) != len(vectors):
        message = f"got {len(words)} words and {len(vectors)} vectors"
        raise ValueError(message)
    if restrict_vocab is not None and restrict_vocab < 0:
        message = f"restrict_vocab must be at least 0 (0: all), got {restrict_vocab}"
        raise ValueError(message)
    stop = min(restrict_vocab or len(words), len(words))
    fold = _fold if case_insensitive else str
    known = first_rows([fold(str(word)) for word in words[:stop]])
    return neighbours.unit_rows(vectors[:stop]), known


def _read_questions(
    source: Source,
) -> Iterator[tuple[AnalogySection, Question | None]]:
    """Yield (section, None) where a section begins, then (section, question)s."""
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
    """Open a path, or take a file that is open, as text; yield its name and lines."""
    if isinstance(source, str | os.PathLike):
        with open(source, encoding="utf-8-sig", errors="surrogateescape") as file:
            yield os.fspath(source), iter(file)
    else:
        lines = (
            line.decode("utf-8", "surrogateescape") if isinstance(line, bytes) else line
            for line in source
        )
        yield str(getattr(source, "name", "<file>")), lines


def _answer(
    unit: npt.NDArray[np.float32], questions: npt.NDArray[np.intp]
) -> tuple[int, npt.NDArray[np.intp]]:
    """Find the best answer to each question.

    Parameters
    ----------
    unit : ndarray of float32, shape (V, D)
        Unit vectors; rows of zeros have no direction.
    questions : ndarray of intp, shape (Q, 4)
        Rows of a, b, c and the expected answer; -1 for unknown words.

    Returns
    -------
    seen : int
        Questions without an unknown word.
    answers : ndarray of intp, shape (Q,)
        Rows of the answers, -1 where there is none.
    """
    known = np.flatnonzero((questions >= 0).all(axis=1))
    inputs = questions[known, :3]
    distinct, places = np.unique(inputs, return_inverse=True)
    places, asked = places.reshape(inputs.shape), unit[distinct]
    # Like the C program, which starts its search at similarity 0.
    best = np.zeros(len(known), np.float32)
    found = np.full(len(known), -1, np.intp)
    step = max(1, min(_ROWS, _PRODUCTS // max(1, len(distinct))))
    for rows in neighbours.blocks(len(unit), step):
        products = asked @ unit[rows].T
        for part in neighbours.blocks(len(known), _QUESTIONS):
            a, b, c = places[part].T
            scores = (products[b] - products[a]) + products[c]
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
    """Let the words of a question not be its answer; INOUT scores."""
    inside = (columns >= 0) & (columns < scores.shape[1])
    scores[np.nonzero(inside)[0], columns[inside]] = 0


# --- word pairs -----------------------------------------------------------------


class Correlation(NamedTuple):
    """A correlation coefficient and its two-sided p-value (nan if undefined)."""

    statistic: float
    pvalue: float


@dataclass(frozen=True)
class WordPairsResult:
    """What `word_pairs` found.

    Attributes
    ----------
    pearson, spearman : Correlation
        Between the scores of the file and the cosines of the vectors.
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
        """Fraction of the pairs that were compared."""
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
    """Correlate the cosines of word pairs with scores that people gave.

    Parameters
    ----------
    words : sequence of str or int, length V
        Most frequent first.
    vectors : ndarray of float, shape (V, D)
        Their vectors, of any length.
    source : str, path-like or file
        Lines of two words and a score; lines that begin with ``#`` are skipped.
    restrict_vocab : int or None, default None
        Use the first so many words only [words]; None or 0 for all.
    delimiter : str, default tab
        What separates the three.
    case_insensitive : bool, default True
        Take words for equal that differ in upper and lower case.
    dummy4unknown : bool, default False
        Give pairs with unknown words the cosine 0 rather than leaving them out.

    Returns
    -------
    WordPairsResult

    Raises
    ------
    ValueError
        If a line does not hold two words and a finite number, with the line's
        number; or no pair has both its words in the vocabulary.
    OSError
        If the file cannot be read.

    Notes
    -----
    Spearman's coefficient is Pearson's of the ranks, equal values sharing the mean of
    their ranks.  The p-values are those of Student's t with n - 2 degrees of freedom.
    """
    unit, known = _searchable(words, vectors, restrict_vocab, case_insensitive)
    fold = _fold if case_insensitive else str
    scores: list[float] = []
    rows: list[tuple[int, int]] = []
    for first, second, score in _read_pairs(source, delimiter):
        rows.append((known.get(fold(first), -1), known.get(fold(second), -1)))
        scores.append(score)
    pairs = np.array(rows, np.intp).reshape(-1, 2)
    seen = (pairs >= 0).all(axis=1)
    if not seen.any():
        message = (
            f"none of the {len(pairs)} word pairs has both its words among the "
            f"{len(unit)} words of the vocabulary; nothing to compare"
        )
        raise ValueError(message)
    cosines = np.zeros(len(pairs))
    a, b = unit[pairs[seen]].astype(np.float64).transpose(1, 0, 2)
    cosines[seen] = np.einsum("nd,nd->n", a, b)
    used = np.ones_like(seen) if dummy4unknown else seen
    gold, model = np.array(scores)[used], cosines[used]
    return WordPairsResult(
        _correlate(gold, model),
        _correlate(_ranks(gold), _ranks(model)),
        int(seen.sum()),
        len(pairs),
    )


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
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rank from 1; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(sizes) - (sizes - 1) / 2
    return np.asarray(mean_ranks[group.reshape(-1)], np.float64)


def _correlate(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Correlation:
    """Return Pearson's coefficient; nan if one side does not vary."""
    dx, dy = x - x.mean(), y - y.mean()
    spread = math.sqrt(float(dx @ dx) * float(dy @ dy))
    if spread == 0:
        return Correlation(math.nan, math.nan)
    r = max(-1.0, min(1.0, float(dx @ dy) / spread))
    return Correlation(r, _p_value(r, len(x) - 2))


def _p_value(r: float, freedom: int) -> float:
    """Return the probability of a coefficient at least as far from 0 by chance.

    Twice the tail of Student's t, which is the regularised incomplete beta function
    I_x(freedom / 2, 1 / 2) at x = 1 - r^2.
    """
    if freedom < 1:
        return math.nan
    a, b, x = freedom / 2, 0.5, (1 - r) * (1 + r)
    # The continued fraction converges fast on this side only; the other follows from
    # I_x(a, b) = 1 - I_1-x(b, a).
    if x < (a + 1) / (a + b + 2):
        return _incomplete_beta(a, b, x, 1 - x)
    return 1 - _incomplete_beta(b, a, r * r, x)


_MAX_STEPS = 10_000  # of the continued fraction; about sqrt(max(a, b)) are needed
_PRECISION = 1e-15  # relative, of the continued fraction


def _incomplete_beta(a: float, b: float, x: float, complement: float) -> float:
    """Return I_x(a, b) by its continued fraction, evaluated from the front.

    Parameters
    ----------
    complement : float
        1 - x.

    Source
    ------
    NIST Digital Library of Mathematical Functions, 8.17.22; modified Lentz's method,
    ibid. 3.10(iii).
    """
    if x <= 0:
        return 0.0
    log_front = a * math.log(x) + b * math.log(complement) - math.log(a)
    log_front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    fraction, c, d = 1.0, 1.0, 0.0
    for step in range(1, _MAX_STEPS):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d)
        c = 1 + term / c
        fraction *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return math.exp(log_front) / fraction
