from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self, disjoint_base

PADDING: int
"""Readable bytes that must follow a block of text."""
EOS: int
"""Provisional id of a sentence end, 0."""
UNKNOWN: int
"""Id of a word that was pruned or is not in a dictionary, -1."""

# ---------------------------------------------------------------------------
# Words and ids
# ---------------------------------------------------------------------------

@disjoint_base
class WordCounter:
    """The dictionary of one thread: words, their counts and provisional ids."""

    def __new__(cls, prune_above: int = 0, max_id: int = ...) -> Self: ...
    def __len__(self) -> int: ...
    @property
    def next_id(self) -> int: ...
    @property
    def pruned_words(self) -> int: ...
    @property
    def pruned_tokens(self) -> int: ...
    @property
    def holds_integers(self) -> bool: ...
    def encode_text(
        self,
        text: NDArray[np.uint8],
        n: int,
        ids: NDArray[np.int32],
        exact: bool = False,
    ) -> int:
        """Write the ids of text[:n] to ids; text: (n + PADDING,), ids: OUT (n,)."""

    def encode_values(
        self,
        values: NDArray[Any],
        ends: NDArray[np.int64],
        ids: NDArray[np.int32],
        *,
        padding: int | None = None,
        separator: int | None = None,
        exact: bool = False,
        offset: int = 0,
    ) -> int:
        """Write the ids of integers.

        values: int32 or int64, (n,); ends: (n_ends,); ids: OUT (n + n_ends,).
        """

    def encode_strings(
        self,
        strings: StringArray,
        ends: NDArray[np.int64],
        ids: NDArray[np.int32],
    ) -> int:
        """Write the ids of n strings; ends: (n_ends,); ids: OUT (n + n_ends,)."""

    def encode_tokens(
        self,
        tokens: Sequence[Any],
        ids: NDArray[np.int32],
        start: int = 0,
        exact: bool = False,
    ) -> int:
        """Write the ids of str, bytes or int tokens to ids[start:]; OUT ids: (n,)."""

    def add(self, word: str | bytes | int) -> int: ...
    def absorb(self, other: WordCounter) -> NDArray[np.int32]:
        """Add words and counts; return the ids here, (other.next_id,)."""

    def match(self, other: WordCounter) -> NDArray[np.int32]:
        """Look words up; return the ids here or UNKNOWN, (other.next_id,)."""

    def counts(self) -> NDArray[np.int64]:
        """Return the occurrences of each id, (next_id,)."""

    def words(self, ids: NDArray[np.int64]) -> list[str | int]:
        """Return the words of some ids, (n,)."""

@final
class SentenceCutter:
    """Split sentences of more than `length` ids."""

    def __init__(self, length: int) -> None: ...
    def cut(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the next block, (n,), with the sentence ends that split it."""

@final
class IdBuffer:
    """A growing int32 array."""

    def __len__(self) -> int: ...
    def array(self) -> NDArray[np.int32]:
        """Return the ids, (len(self),), without a copy."""

    def append(self, ids: NDArray[np.int32]) -> None:
        """Append a copy of ids, (n,)."""

    def truncate(self, n: int) -> None: ...

@final
class Renumbering:
    """Replace provisional ids by final ids, block after block; ids: INOUT (N,)."""

    @property
    def start(self) -> int: ...
    @property
    def read(self) -> int: ...
    @property
    def stop(self) -> int: ...
    @property
    def sentences(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    def __init__(self, ids: NDArray[np.int32], start: int, exact: bool) -> None: ...
    def block(self, n: int, final: NDArray[np.int32]) -> None:
        """Renumber the next n ids; final: (next_id,), -1 drops an id."""

def keep_earliest(
    first_seen: NDArray[np.int64],
    id_map: NDArray[np.int32],
    keys: NDArray[np.int64],
) -> None:
    """Lower first_seen[id_map[k]] to keys[k]; INOUT (n_ids,), (n,), (n or less,)."""

def move_ids(ids: NDArray[np.int32], start: int, stop: int, target: int) -> None:
    """Move ids[start:stop] to ids[target:]; ids: INOUT (N,)."""

# ---------------------------------------------------------------------------
# Blocks of bytes: text has shape (n or more,)
# ---------------------------------------------------------------------------

def drop_carriage_returns(text: NDArray[np.uint8], n: int) -> int: ...
def blank_white_space(text: NDArray[np.uint8], n: int) -> None: ...
def after_white_space(text: NDArray[np.uint8], n: int) -> int: ...
def after_character(text: NDArray[np.uint8], n: int) -> int: ...
def after_newline(text: NDArray[np.uint8], n: int) -> int: ...
def has_byte(text: NDArray[np.uint8], n: int, byte: int) -> bool: ...
def simple_tokens(
    text: NDArray[np.uint8],
    n: int,
    out: NDArray[np.uint8],
    least: int = 2,
    most: int = 15,
    accents: NDArray[np.uint32] | None = None,
) -> int:
    """Write lower-cased words; OUT out: (2 * n or more,); -1 if it needs Python."""

@final
class StringArray:
    """Strings in memory, read in place."""

    @property
    def limit(self) -> int: ...
    def __len__(self) -> int: ...
    @staticmethod
    def anywhere(
        addresses: NDArray[np.uint64], sizes: NDArray[np.int64], limit: int = 0
    ) -> StringArray:
        """Return strings by their addresses and sizes; (n,), (n,)."""

    @staticmethod
    def cut(offsets: NDArray[np.int32] | NDArray[np.int64], data: int) -> StringArray:
        """Return strings that follow each other; offsets: (n + 1,)."""

    @staticmethod
    def viewed(
        views: NDArray[np.int32], data: int, bases: NDArray[np.uint64]
    ) -> StringArray:
        """Return strings of an array of views; (4 * n,), (n_buffers,)."""

    def located(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return addresses and sizes; (n,), (n,)."""

def join_strings(
    addresses: NDArray[np.uint64], sizes: NDArray[np.int64], out: NDArray[np.uint8]
) -> int:
    """Write strings as lines; (n,), (n,), OUT (sizes.sum() + n or more,)."""

def character_tokens(text: NDArray[np.uint8], n: int, out: NDArray[np.uint8]) -> int:
    """Write characters with spaces between; OUT out: (2 * n or more,)."""

# ---------------------------------------------------------------------------
# Rows of vector files
# ---------------------------------------------------------------------------

def parse_float(text: bytes) -> np.float32 | None: ...
def read_text_rows(
    text: bytearray,
    start: int,
    stop: int,
    values: NDArray[np.float32],
    offsets: NDArray[np.int64],
) -> int:
    """Read plain lines; OUT values: (n_rows, D), offsets: (n_rows, 3)."""

def read_binary_rows(
    data: bytearray,
    start: int,
    stop: int,
    values: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    newline: bool,
) -> int:
    """Read binary rows; OUT values: (n_rows, 4 * D), offsets: (n_rows, 3)."""

# ---------------------------------------------------------------------------
# Phrases
# ---------------------------------------------------------------------------

@final
class Joiner:
    """The words of a vocabulary, V rows, and how they are joined."""

    def __init__(
        self, words: Sequence[Any], connector_words: Container[str], delimiter: str
    ) -> None: ...
    def __len__(self) -> int: ...

@final
class PhraseRule:
    """Which candidates are phrases."""

    def __init__(
        self,
        npmi: bool,
        min_count: float,
        threshold: float,
        n_entries: int,
        n_words: int,
    ) -> None: ...

@final
class PhraseCounts(WordCounter):
    """Counts of words and candidates by their joined text."""

    @property
    def n_slots(self) -> int: ...
    def get(self, word: str | bytes) -> int: ...
    def fill(self, counts: Mapping[str, int]) -> None: ...
    def count_words(self, joiner: Joiner, counts: NDArray[np.int64]) -> None:
        """Add counts, (V,), of the words that are no connector words."""

    def word_counts(self, joiner: Joiner) -> NDArray[np.int64]:
        """Return the count of each row's word, (V,)."""

    def count_pairs(
        self, joiner: Joiner, ids: NDArray[np.int32], start: int, stop: int
    ) -> None:
        """Count the candidates that end in ids[start:stop]; ids: (N,)."""

    def mark_phrases(
        self,
        joiner: Joiner,
        ids: NDArray[np.int32],
        start: int,
        stop: int,
        counts: NDArray[np.int64],
        marks: NDArray[np.uint8],
        rule: PhraseRule,
    ) -> None:
        """Mark the ends of phrases in ids[start:stop].

        ids: (N,); counts: (V,); marks: OUT (stop - start,).
        """

    def prune(self, n_kept: int) -> None: ...
    def items(self, start: int, stop: int) -> list[tuple[str, int]]: ...
    def phrases(self, delimiter: str, rule: PhraseRule) -> list[tuple[str, float]]: ...

def joined_text(
    joiner: Joiner,
    ids: NDArray[np.int32],
    start: int,
    stop: int,
    marks: NDArray[np.uint8],
    base: int,
    in_line: bool,
) -> tuple[bytes, int, bool, int]:
    """Return ids[start:stop] as text with phrases joined, and the state after it.

    ids: (N,); marks: (stop - base,).  Returns the text, the first position that was
    not written, whether the line has a word, and the number of phrases.
    """

@disjoint_base
class PhraseScores:
    """Scores of the candidates of a sentence."""

    def score_of(self, phrase: str, word_a: str, word_b: str) -> float | None: ...

@final
class CountScores(PhraseScores):
    """Scores from counts and a rule."""

    def __init__(self, counts: PhraseCounts, rule: PhraseRule) -> None: ...

@final
class StoredScores(PhraseScores):
    """Scores from a dictionary."""

    def __init__(self, scores: dict[str, float], threshold: float) -> None: ...

@final
class FunctionScores(PhraseScores):
    """Scores from a function."""

    def __init__(
        self, function: Callable[[str, str, str], float | None], threshold: float
    ) -> None: ...

def analyze_sentence(
    sentence: Iterable[str],
    connector_words: Container[str],
    delimiter: str,
    scores: PhraseScores,
    with_scores: bool,
) -> list[Any]: ...

@final
class Word2Phrase:
    """The C program word2phrase; text: uint8, (n,)."""

    def __len__(self) -> int: ...
    @property
    def train_words(self) -> int: ...
    def learn(self, text: NDArray[np.uint8]) -> None: ...
    def sort(self, min_count: int, threshold: float) -> None: ...
    def join(self, text: NDArray[np.uint8]) -> bytes: ...
