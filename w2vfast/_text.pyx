"""Split text into words, count them and write their ids, without the GIL.

A `WordCounter` is one thread's dictionary.  Words get provisional ids from 1 in the
order in which that thread first meets them; 0 is a sentence end, `LOST` a word that
was pruned.  `w2vfast.text.corpus` merges the dictionaries of all threads, orders the
vocabulary and has `Renumbering` turn provisional ids into final ones.

Blocks of text are cut at white space, so that no word lies in two of them.  All
byte offsets, positions and counts are 64-bit.

The dictionary is in `_text_parts/words.pxi`, cutting text into words in `_text_parts/scan.pxi`, and what is
done to streams of ids in `_text_parts/stream.pxi`; files of vectors are cut into words and numbers
in `_text_parts/rows.pxi`.  Phrases are found, counted and joined in `_text_parts/candidates.pxi` and
`_text_parts/phrases.pxi`, by the C program's rules in `_text_parts/word2phrase.pxi`.  They are included here,
so that the compiler sees the whole.
"""

from operator import index

import numpy as np

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_Check, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_Check, PyUnicode_DecodeUTF8
from libc.stdint cimport INT32_MAX, INT64_MAX, int32_t, int64_t, uint8_t
from libc.stdlib cimport free
from libc.string cimport memchr, memcpy, memmove, memset

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    bint PyUnicode_IS_ASCII(object text)
    bint PyLong_CheckExact(object number)
    int64_t PyLong_AsLongLongAndOverflow(object number, int* overflow) except? -1

include "_text_parts/words.pxi"
include "_text_parts/scan.pxi"
include "_text_parts/stream.pxi"
include "_text_parts/rows.pxi"

cdef enum:
    KIND_UNKNOWN = 0
    KIND_TEXT = 1
    KIND_INTEGER = 2

PADDING = PAD
LOST = LOST_ID


# ---------------------------------------------------------------------------
# Words and errors as Python knows them
# ---------------------------------------------------------------------------

cdef object slot_word(const Table* table, const Slot* slot, int kind):
    # The word as Python knows it.
    cdef uint8_t word[INLINE_BYTES]
    if kind == KIND_INTEGER:
        return <int64_t>slot.head
    if slot.length == LONG_WORD:
        return PyUnicode_DecodeUTF8(
            <const char*>long_bytes(table, slot),
            <Py_ssize_t>long_size(table, slot),
            "surrogateescape",
        )
    store(word, slot.head)
    store(word + 8, slot.tail)
    return PyUnicode_DecodeUTF8(<const char*>word, slot.length, "surrogateescape")


cdef int64_t check(int64_t result) except? -5:
    """Raise what a kernel's result stands for; other results pass."""
    if result == NO_MEMORY:
        raise MemoryError("not enough memory for the dictionary of the corpus's words")
    if result == TOO_MANY:
        raise ValueError(
            "the corpus has more than 2**31 - 1 distinct words, as many as ids there "
            "are. Set max_vocab_size, or check that the text is split at white space."
        )
    return result


SKIPPED_VALUE = (
    "Only a separator or a padding value may be negative.",
    "The padding value is another; see IdCorpus(ids, padding=...).",
    "The separator is another; see IdCorpus(ids, separator=...).",
)


cdef void set_skip(ValueScanner* scanner, object padding, object separator) except *:
    scanner.skip_kind = SKIP_NONE
    scanner.skip = 0
    if padding is not None:
        scanner.skip_kind = SKIP_PADDING
        scanner.skip = padding
    elif separator is not None:
        scanner.skip_kind = SKIP_SEPARATOR
        scanner.skip = separator


cdef object bad_value(const ValueScanner* scanner, int64_t value, int64_t at):
    return ValueError(
        f"ids must be 0 or more, got {value} at position {at + scanner.i}. "
        f"{SKIPPED_VALUE[scanner.skip_kind]}"
    )


cdef bytes as_bytes(object item):
    if PyBytes_Check(item):
        return <bytes>item  # of a subclass too, such as numpy.bytes_
    try:
        return item.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        message = (
            f"token {item!r} has a surrogate that stands for no byte; decode text "
            "with errors='surrogateescape' or 'replace'"
        )
        raise ValueError(message) from error


cdef int64_t as_integer(object item) except? -1:
    cdef int overflow = 0
    cdef int64_t value = -1
    if PyLong_CheckExact(item):
        value = PyLong_AsLongLongAndOverflow(item, &overflow)
    return value if value >= 0 else checked_integer(item)


cdef int64_t checked_integer(object item) except? -1:
    # For whatever is not an int, or not a good one.
    cdef bint refused = isinstance(item, (bool, np.bool_))
    if not refused:
        try:
            item = index(item)
        except TypeError:
            refused = True
    if refused:
        message = (
            f"a token must be a str, bytes or int, got {item!r} of type "
            f"{type(item).__name__}. A corpus is a list of sentences, each a list of "
            "tokens: [['the', 'cat'], ['a', 'dog']]"
        )
        raise TypeError(message)
    if not 0 <= item <= INT64_MAX:
        raise ValueError(f"integer tokens must be in 0 to 2**63 - 1, got {item}")
    return item


cdef check_exact(object item):
    # In exact mode a list of tokens means the line of text that they make.
    cdef bytes word
    if not isinstance(item, (str, bytes)):
        return
    word = as_bytes(item)
    if not word or len(word) > EXACT_BYTES or any(c in word for c in b" \t\n\r\0"):
        message = (
            f"the C program cannot read the token {item!r} from a text: mode='exact' "
            f"takes tokens of 1 to {EXACT_BYTES} bytes without white space and NUL. "
            "Use mode='fast', or change the token."
        )
        raise ValueError(message)


# ---------------------------------------------------------------------------
# The dictionary of one thread
# ---------------------------------------------------------------------------

cdef class WordCounter:
    """Count words and give them ids: one thread's dictionary.

    Parameters
    ----------
    max_live : int, default 0
        Prune the rarest words when there are more; 0 turns pruning off.  A pruned
        word stays out: its tokens become `LOST`.
    max_words : int, default 2**31 - 1
        The largest id there may be.

    Notes
    -----
    For one thread at a time.  The `encode_*` methods for text and arrays run without
    the GIL.  A counter holds text (str and bytes are the same words) or integers,
    whichever comes first.
    """

    cdef Table table
    cdef int kind

    def __cinit__(self, max_live=0, max_words=INT32_MAX):
        self.table.next_id = 1
        self.table.last_id = max_words
        self.table.max_live = max_live
        check(set_capacity(&self.table, FIRST_CAPACITY))

    def __dealloc__(self):
        free(self.table.memory)
        free(self.table.arena)
        free(self.table.lost)

    def __len__(self):
        """Number of words held [words]."""
        return self.table.live

    @property
    def next_id(self):
        """One above the largest id given."""
        return self.table.next_id

    @property
    def lost_words(self):
        """Distinct words that were pruned [words]."""
        return self.table.lost_words

    @property
    def lost_tokens(self):
        """Occurrences of pruned words, before and after they were pruned [tokens]."""
        return self.table.lost_tokens

    @property
    def holds_integers(self):
        """Whether the words are integers."""
        return self.kind == KIND_INTEGER

    cdef set_kind(self, int kind):
        if self.kind != KIND_UNKNOWN and self.kind != kind:
            raise TypeError(
                "the corpus mixes integer tokens with str or bytes ones; "
                "give tokens of one kind"
            )
        self.kind = kind

    def encode_text(
        self, const uint8_t[::1] text, int64_t n, int32_t[::1] ids, bint exact=False
    ):
        """Write the ids of the words of text[:n]; return how many.

        Parameters
        ----------
        text : buffer of uint8, shape (n + PADDING or more,)
            Without carriage returns.  Bytes after the last white space are no word.
        n : int
            Length of the block [bytes].
        ids : ndarray of int32, shape (n or more,)
            OUT.  0 for a newline or `</s>`; but for exact mode only one in a row.
        exact : bool, default False
            Cut words as the C program does: at 98 bytes and at a NUL byte.
        """
        cdef Scanner scanner
        cdef int64_t n_ids
        if n < 0 or text.shape[0] < n + PAD or ids.shape[0] < n:
            raise ValueError("encode_text: text or ids is too short")
        self.set_kind(KIND_TEXT)
        if n == 0:
            return 0
        scanner.text = &text[0]
        scanner.n = n
        scanner.pos = 0
        scanner.start = 0
        scanner.exact = exact
        with nogil:
            n_ids = encode_block(&self.table, &scanner, &ids[0])
        return check(n_ids)

    def encode_values(
        self, const index_t[::1] values, const int64_t[::1] ends, int32_t[::1] ids, *,
        padding=None, separator=None, bint exact=False, int64_t at=0,
    ):
        """Write the ids of an array of integers; return how many.

        Parameters
        ----------
        values : ndarray of int32 or int64, shape (n,)
        ends : ndarray of int64, shape (n_ends,)
            A sentence ends before values[ends[k]]; not descending, n at most.
        ids : ndarray of int32, shape (n + n_ends or more,)
            OUT.  0 for a sentence end; but for exact mode only one in a row.
        padding, separator : int, optional
            One of them: the value that is passed over, or that ends a sentence.
        at : int, default 0
            Position of values[0] in the whole array, for messages.

        Raises
        ------
        ValueError
            If another value is negative.
        """
        cdef ValueScanner scanner
        cdef const index_t* first = &values[0] if values.shape[0] else NULL
        cdef int32_t* out = &ids[0] if ids.shape[0] else NULL
        cdef int64_t n_ids
        if ids.shape[0] < values.shape[0] + ends.shape[0]:
            raise ValueError("encode_values: ids is too short")
        self.set_kind(KIND_INTEGER)
        scanner.n = values.shape[0]
        scanner.n_ends = ends.shape[0]
        scanner.ends = &ends[0] if ends.shape[0] else NULL
        scanner.i = scanner.end = 0
        set_skip(&scanner, padding, separator)
        with nogil:
            n_ids = encode_integers(&self.table, &scanner, first, out, exact)
        if n_ids == BAD_VALUE:
            raise bad_value(&scanner, values[scanner.i], at)
        return check(n_ids)

    def encode_tokens(self, tokens, int32_t[::1] ids, int64_t at=0, bint exact=False):
        """Write the ids of a list or tuple of str, bytes or int tokens from ids[at].

        Returns the place after the last one.  `</s>` is a sentence end.  With
        `exact`, a word that the C program would read otherwise raises ValueError.
        """
        cdef Token token
        cdef uint8_t word[INLINE_BYTES]
        cdef int64_t id, known
        if at < 0 or ids.shape[0] < at + len(tokens):
            raise ValueError("encode_tokens: ids is too short")
        for item in tokens:
            if at >= ids.shape[0]:  # a list whose iterator gives more than its len
                raise ValueError("encode_tokens: ids is too short")
            owner = self.read_token(item, &token, word)
            id = END
            if token.size != END_SIZE:
                known = self.table.next_id
                check(reserve(&self.table, 1))
                id = check(count_word(&self.table, &token, 1))
                if exact and self.table.next_id != known:
                    check_exact(owner)
            ids[at] = <int32_t>id
            at += 1
        return at

    cdef object read_token(self, object item, Token* token, uint8_t* word):
        # OUT token; `word` is its scratch.  Returns the object that owns its bytes.
        cdef const char* start
        cdef Py_ssize_t size
        owner = item
        if PyUnicode_Check(item) and PyUnicode_IS_ASCII(item):
            start = PyUnicode_AsUTF8AndSize(item, &size)
        elif PyUnicode_Check(item) or PyBytes_Check(item):
            owner = as_bytes(item)
            start = PyBytes_AS_STRING(owner)
            size = PyBytes_GET_SIZE(owner)
        else:
            value = as_integer(item)  # first: None or nan is no integer
            self.set_kind(KIND_INTEGER)
            cut_value(token, value)
            return item
        self.set_kind(KIND_TEXT)
        if size <= INLINE_BYTES:
            store(word, 0)
            store(word + 8, 0)
            memcpy(word, start, size)
            cut_word(token, word, size)
        else:
            cut_word(token, <const uint8_t*>start, size)
        return owner

    def add(self, word):
        """Take a word in without counting it; return its id."""
        cdef Token token
        cdef uint8_t scratch[INLINE_BYTES]
        owner = self.read_token(word, &token, scratch)  # keeps its bytes alive
        if token.size == END_SIZE:
            return END
        check(reserve(&self.table, 1))
        return check(count_word(&self.table, &token, 0))

    def absorb(self, WordCounter other not None):
        """Add the words of `other`; return their ids here, shape (other.next_id,)."""
        return self.map_ids(other, True)

    def match(self, WordCounter other not None):
        """Look the words of `other` up; return their ids here, or `LOST`."""
        return self.map_ids(other, False)

    cdef object map_ids(self, WordCounter other, bint insert):
        # The ids here of the ids of `other`, int32; LOST for none.
        cdef int32_t[::1] id_map = np.full(other.table.next_id, LOST_ID, dtype=np.int32)
        cdef int64_t result
        if other is self:
            raise ValueError("a WordCounter cannot absorb itself")
        id_map[0] = END
        if insert and other.kind:
            self.set_kind(other.kind)
        if self.kind != other.kind:  # no word of one kind equals one of the other
            return np.asarray(id_map)
        with nogil:
            result = transfer(&self.table, &other.table, &id_map[0], insert)
        check(result)
        return np.asarray(id_map)

    def counts(self):
        """Return the occurrences of each id, int64, shape (next_id,); 0 if pruned."""
        cdef int64_t[::1] counts = np.zeros(self.table.next_id, dtype=np.int64)
        cdef const Slot* slots = self.table.slots
        cdef int64_t i
        with nogil:
            for i in range(self.table.capacity):
                if slots[i].id != 0:
                    counts[slots[i].id] = slots[i].count
        return np.asarray(counts)

    def words(self, const int64_t[::1] ids):
        """Return the words of some ids: str (UTF-8 with surrogateescape) or int."""
        cdef int64_t[::1] places = np.full(self.table.next_id, -1, dtype=np.int64)
        cdef const Slot* slots = self.table.slots
        cdef int64_t i
        with nogil:
            for i in range(self.table.capacity):
                if slots[i].id != 0:
                    places[slots[i].id] = i
        words = []
        for i in range(ids.shape[0]):
            if ids[i] <= 0 or ids[i] >= self.table.next_id or places[ids[i]] < 0:
                raise IndexError(f"no word has the id {ids[i]}")
            words.append(slot_word(&self.table, &slots[places[ids[i]]], self.kind))
        return words


include "_text_parts/candidates.pxi"
include "_text_parts/phrases.pxi"
include "_text_parts/word2phrase.pxi"


# ---------------------------------------------------------------------------
# Blocks of bytes
# ---------------------------------------------------------------------------

def drop_carriage_returns(uint8_t[::1] text, int64_t n):
    """Remove carriage returns from text[:n] in place; return what is left of n."""
    cdef int64_t left = n
    if n < 0 or n > text.shape[0]:
        raise ValueError("drop_carriage_returns: n is not within text")
    if n > 0:
        with nogil:
            left = squeeze(&text[0], n)
    return left


cdef int64_t squeeze(uint8_t* text, int64_t n) noexcept nogil:
    cdef uint8_t* stop = text + n
    cdef uint8_t* found = <uint8_t*>memchr(text, 13, <size_t>n)
    cdef uint8_t* write = found
    cdef uint8_t* next_found
    if found == NULL:
        return n
    while found < stop:
        next_found = <uint8_t*>memchr(found + 1, 13, <size_t>(stop - found - 1))
        if next_found == NULL:
            next_found = stop
        memmove(write, found + 1, <size_t>(next_found - found - 1))
        write += next_found - found - 1
        found = next_found
    return write - text


def blank_white_space(uint8_t[::1] text, int64_t n):
    """Make spaces in text[:n] of all white space of Unicode but tabs and newlines.

    It is what `str.split` splits at.  A character that is cut off at n stays.
    """
    if n < 0 or n > text.shape[0]:
        raise ValueError("blank_white_space: n is not within text")
    if n > 0:
        with nogil:
            blank(&text[0], n)


cdef void blank(uint8_t* text, int64_t n) noexcept nogil:
    cdef int64_t i = 0
    cdef int64_t size
    while i < n:
        size = 0
        if text[i] < 32:
            size = text[i] in (11, 12, 13) or text[i] >= 28
        elif text[i] >= 0xC2:
            size = wide_space(text + i, n - i)
        if size:
            memset(text + i, 32, <size_t>size)
        i += size if size else 1


cdef inline int64_t wide_space(const uint8_t* text, int64_t n) noexcept nogil:
    # Bytes of the white space of UTF-8 that text begins with, which is not ASCII, or 0.
    if n >= 2 and text[0] == 0xC2:  # U+0085, U+00A0
        return 2 if text[1] == 0x85 or text[1] == 0xA0 else 0
    if n < 3:
        return 0
    if text[0] == 0xE1:  # U+1680
        return 3 if text[1] == 0x9A and text[2] == 0x80 else 0
    if text[0] == 0xE3:  # U+3000
        return 3 if text[1] == 0x80 and text[2] == 0x80 else 0
    if text[0] != 0xE2:
        return 0
    if text[1] == 0x81:  # U+205F
        return 3 if text[2] == 0x9F else 0
    if text[1] != 0x80:  # U+2000 to U+200A, U+2028, U+2029, U+202F
        return 0
    return 3 if 0x80 <= text[2] <= 0x8A or text[2] in (0xA8, 0xA9, 0xAF) else 0


def after_white_space(const uint8_t[::1] text, int64_t n):
    """Return the place after the last white space in text[:n], or 0."""
    if n < 0 or n > text.shape[0]:
        raise ValueError("after_white_space: n is not within text")
    with nogil:
        while n > 0:
            if text[n - 1] == 32 or text[n - 1] == 10 or text[n - 1] == 9:
                break
            n -= 1
    return n


def has_byte(const uint8_t[::1] text, int64_t n, uint8_t byte):
    """Return whether `byte` is in text[:n]."""
    if n < 0 or n > text.shape[0]:
        raise ValueError("has_byte: n is not within text")
    return n > 0 and memchr(&text[0], byte, <size_t>n) != NULL
