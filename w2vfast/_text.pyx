# cython: auto_pickle=False, autotestdict=False
"""Text kernels: split text into words, count them and write their ids.

A `WordCounter` is the dictionary of one thread.  It gives words provisional ids from 1
in order of first occurrence in that thread's part of the corpus; `EOS` (0) is a
sentence end, `UNKNOWN` (-1) a pruned word.  The package `w2vfast.text` merges the
dictionaries of all threads, chooses and sorts the vocabulary, and uses `Renumbering` to
replace provisional ids by final ones.

Blocks of text are cut at white space, so that no word is split between two blocks.
All offsets, positions and counts are 64-bit.  The loops over text and ids release the
GIL.

This file has the dictionary's Python class.  The parts in `_text_parts`, included so
that the compiler optimises across them:

=================  ==================================================================
tokens.pxi         a word as two numbers and a hash
table.pxi          the hash table of words
pruning.pxi        removing the rarest words
scan.pxi           splitting text and arrays into tokens
python_words.pxi   words and numbers as Python objects
bytes.pxi          carriage returns, white space, where to cut a block
tokenizing.pxi     the built-in tokenizers
strings.pxi        strings of other libraries, by address
stream.pxi         streams of ids: storing, splitting, renumbering
rows.pxi           rows of vector files
candidates.pxi     candidates for phrases: finding and counting them
scores.pxi         scores of candidates
joining.pxi        writing text with phrases joined
phrases.pxi        the Python classes of phrases
sentences.pxi      phrases in lists of words
word2phrase.pxi    the rules of the C program word2phrase
=================  ==================================================================
"""

import numpy as np

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_Check, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_Check
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    bint PyUnicode_IS_ASCII(object text)

include "_text_parts/tokens.pxi"
include "_text_parts/table.pxi"
include "_text_parts/pruning.pxi"
include "_text_parts/scan.pxi"
include "_text_parts/python_words.pxi"
include "_text_parts/bytes.pxi"
include "_text_parts/tokenizing.pxi"
include "_text_parts/strings.pxi"
include "_text_parts/stream.pxi"
include "_text_parts/rows.pxi"

PADDING = PAD
EOS = END
UNKNOWN = UNKNOWN_ID


cdef class WordCounter:
    """Count words and give them ids: the dictionary of one thread.

    Parameters
    ----------
    prune_above : int, default 0
        Prune the rarest words when there are more [words]; 0 never prunes.  A pruned
        word does not return: its later occurrences get the id `UNKNOWN`.
    max_id : int, default 2**31 - 1
        The largest id allowed.

    Notes
    -----
    Not safe for several threads at a time.  A counter holds either text, where equal
    str and bytes are one word, or integers; its first word decides which.
    """

    cdef Table table
    cdef int kind

    def __cinit__(self, prune_above=0, max_id=INT32_MAX):
        self.table.next_id = 1
        self.table.last_id = max_id
        self.table.prune_above = prune_above
        check(set_capacity(&self.table, FIRST_CAPACITY))

    def __dealloc__(self):
        free_table(&self.table)

    def __len__(self):
        """Return the number of words that are not pruned [words]."""
        return self.table.n_words

    @property
    def next_id(self):
        """One above the largest id given."""
        return self.table.next_id

    @property
    def pruned_words(self):
        """Distinct words that were pruned [words]."""
        return self.table.pruned_words

    @property
    def pruned_tokens(self):
        """Occurrences of pruned words, before and after pruning [tokens]."""
        return self.table.pruned_tokens

    @property
    def holds_integers(self):
        """Whether the words are integers."""
        return self.kind == KIND_INTEGER

    cdef set_kind(self, int kind):
        if self.kind != KIND_UNKNOWN and self.kind != kind:
            raise TypeError(
                "the corpus mixes integer tokens with str or bytes tokens; "
                "give tokens of one kind, such as str(token)"
            )
        self.kind = kind

    # -----------------------------------------------------------------------
    # Encoding
    # -----------------------------------------------------------------------

    def encode_text(
        self, const uint8_t[::1] text, int64_t n, int32_t[::1] ids, bint exact=False
    ):
        """Write the ids of the words of text[:n]; return the number of ids.

        Parameters
        ----------
        text : buffer of uint8, shape (n + PADDING or more,)
            Bytes after the last white space are ignored.  A carriage return is white
            space, and the C program skips it: remove it before for exact mode.
        n : int
            Length of the block [bytes].
        ids : ndarray of int32, shape (n or more,)
            OUT.  0 for a newline or `</s>`; unless `exact`, adjacent zeros are one.
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
        self, values, ends, ids, *, padding=None, separator=None, exact=False, offset=0
    ):
        """Write the ids of an array of integers; return the number of ids.

        Parameters
        ----------
        values : ndarray of int32 or int64, shape (n,)
        ends : ndarray of int64, shape (n_ends,)
            A sentence ends before values[ends[k]].  Not decreasing; n at most.
        ids : ndarray of int32, shape (n + n_ends or more,)
            OUT.  0 for a sentence end; unless `exact`, adjacent zeros are one.
        padding, separator : int, optional
            At most one of them: the value that is skipped, or that ends a sentence.
        exact : bool, default False
            Keep empty sentences.
        offset : int, default 0
            Position of values[0] in the whole array, for messages.

        Raises
        ------
        ValueError
            If any other value is negative.
        """
        if values.dtype == np.int32:
            return self.encode_array[int32_t](
                values, ends, ids, padding, separator, exact, offset
            )
        return self.encode_array[int64_t](
            values, ends, ids, padding, separator, exact, offset
        )

    cdef object encode_array(
        self, const index_t[::1] values, const int64_t[::1] ends, int32_t[::1] ids,
        padding, separator, bint exact, int64_t offset,
    ):
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
        scanner.pos = scanner.next_end = 0
        set_special(&scanner, padding, separator)
        with nogil:
            n_ids = encode_integers(&self.table, &scanner, first, out, exact)
        if n_ids == BAD_VALUE:
            raise value_error(&scanner, values[scanner.pos], offset)
        return check(n_ids)

    def encode_strings(
        self, StringArray strings not None, const int64_t[::1] ends, int32_t[::1] ids
    ):
        """Write the ids of strings, each a token; return the number of ids.

        Parameters
        ----------
        strings : StringArray
            n strings.
        ends : ndarray of int64, shape (n_ends,)
            A sentence ends before string ends[k].  Not decreasing; n at most.
        ids : ndarray of int32, shape (n + n_ends or more,)
            OUT.  0 for a sentence end or `</s>`; adjacent zeros are one.

        Raises
        ------
        ValueError
            If a string cannot be where it is said to be.
        """
        cdef StringScanner scanner
        cdef int64_t n_ids
        if ids.shape[0] < strings.n + ends.shape[0]:
            raise ValueError("encode_strings: ids is too short")
        if ids.shape[0] == 0:
            return 0
        self.set_kind(KIND_TEXT)
        scanner.layout = strings.layout
        scanner.n = strings.n
        scanner.n_ends = ends.shape[0]
        scanner.ends = &ends[0] if scanner.n_ends else NULL
        scanner.pos = scanner.next_end = 0
        with nogil:
            n_ids = encode_scanned(&self.table, &scanner, &ids[0])
        if n_ids == BAD_VALUE:
            raise_damaged()
        return check(n_ids)

    def encode_tokens(
        self, tokens, int32_t[::1] ids, int64_t start=0, bint exact=False
    ):
        """Write the ids of a list of tokens to ids[start:]; return the next position.

        Parameters
        ----------
        tokens : list or tuple of str, bytes or int
            `</s>` is a sentence end.
        ids : ndarray of int32, shape (start + len(tokens) or more,)
            OUT.
        start : int, default 0
        exact : bool, default False
            Refuse words that the C program would read differently.

        Raises
        ------
        TypeError, ValueError
            If a token is not valid.
        """
        cdef Token token
        cdef uint8_t word[INLINE_BYTES]
        cdef int64_t pos = start
        cdef int64_t id, next_id
        if start < 0 or ids.shape[0] < start + len(tokens):
            raise ValueError("encode_tokens: ids is too short")
        for item in tokens:
            if pos >= ids.shape[0]:  # a list subclass may yield more than its length
                raise ValueError("encode_tokens: ids is too short")
            owner = self.read_token(item, &token, word)
            id = END
            if token.size != END_SIZE:
                next_id = self.table.next_id
                check(reserve(&self.table, 1))
                id = check(count_word(&self.table, &token, 1))
                if exact and self.table.next_id != next_id:
                    check_exact(owner)
            ids[pos] = <int32_t>id
            pos += 1
        return pos

    cdef object read_token(self, object item, Token* token, uint8_t* word):
        # OUT token; `word` is scratch memory.  Returns the object that owns the bytes
        # of the token, which must outlive it.
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
            value = as_integer(item)  # before set_kind: None or nan is no integer
            self.set_kind(KIND_INTEGER)
            make_integer_token(token, value)
            return item
        self.set_kind(KIND_TEXT)
        if size <= INLINE_BYTES:
            store(word, 0)
            store(word + 8, 0)
            memcpy(word, start, size)
            make_token(token, word, size)
        else:
            make_token(token, <const uint8_t*>start, size)
        return owner

    def add(self, word):
        """Add a str, bytes or int without counting it; return its id."""
        cdef Token token
        cdef uint8_t scratch[INLINE_BYTES]
        _owner = self.read_token(word, &token, scratch)  # keeps its bytes alive
        if token.size == END_SIZE:
            return END
        check(reserve(&self.table, 1))
        return check(count_word(&self.table, &token, 0))

    # -----------------------------------------------------------------------
    # Merging
    # -----------------------------------------------------------------------

    def absorb(self, WordCounter other not None):
        """Add the words and counts of another counter.

        Returns
        -------
        ndarray of int32, shape (other.next_id,)
            The id here of each id of `other`, `UNKNOWN` if it was pruned.

        Raises
        ------
        TypeError
            If one counter holds integers and the other text.
        """
        return self.map_ids(other, True)

    def match(self, WordCounter other not None):
        """Look up the words of another counter.

        Returns
        -------
        ndarray of int32, shape (other.next_id,)
            The id here of each id of `other`, `UNKNOWN` if there is none.
        """
        return self.map_ids(other, False)

    cdef object map_ids(self, WordCounter other, bint insert):
        cdef int32_t[::1] id_map = np.full(
            other.table.next_id, UNKNOWN_ID, dtype=np.int32
        )
        cdef int64_t result
        if other is self:
            raise ValueError("a WordCounter cannot absorb itself")
        id_map[0] = END
        if insert and other.kind:
            self.set_kind(other.kind)
        if self.kind != other.kind:  # text never equals an integer
            return np.asarray(id_map)
        with nogil:
            result = transfer(&self.table, &other.table, &id_map[0], insert)
        check(result)
        return np.asarray(id_map)

    # -----------------------------------------------------------------------
    # Results
    # -----------------------------------------------------------------------

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
        """Return the words of some ids.

        Parameters
        ----------
        ids : ndarray of int64, shape (n,)

        Returns
        -------
        list of str or int, length n
            Text is decoded from UTF-8 with surrogateescape.

        Raises
        ------
        IndexError
            If an id has no word.
        """
        cdef int64_t[::1] slot_of = np.full(self.table.next_id, -1, dtype=np.int64)
        cdef const Slot* slots = self.table.slots
        cdef int64_t i
        with nogil:
            for i in range(self.table.capacity):
                if slots[i].id != 0:
                    slot_of[slots[i].id] = i
        words = []
        for i in range(ids.shape[0]):
            if ids[i] <= 0 or ids[i] >= self.table.next_id or slot_of[ids[i]] < 0:
                raise IndexError(f"no word has the id {ids[i]}")
            words.append(slot_word(&self.table, &slots[slot_of[ids[i]]], self.kind))
        return words


include "_text_parts/candidates.pxi"
include "_text_parts/scores.pxi"
include "_text_parts/joining.pxi"
include "_text_parts/phrases.pxi"
include "_text_parts/sentences.pxi"
include "_text_parts/word2phrase.pxi"
