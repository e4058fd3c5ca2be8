# Phrases of a corpus as Python classes: words, counts, and text with phrases joined.
# Part of _text.pyx; the loops are in candidates.pxi, scores.pxi and joining.pxi.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc


@cython.final
cdef class Joiner:
    """The words of a vocabulary as bytes, and how they are joined.

    Parameters
    ----------
    words : list of str, length V
        By row; row 0 is the sentence end.
    connector_words : container of str
        Words that may occur inside a phrase but neither begin nor end one.
    delimiter : str
        Separates the words of a phrase.
    """

    cdef Lexicon lexicon
    cdef bytes text, delimiter
    cdef int64_t[::1] starts
    cdef uint8_t[::1] is_connector

    def __init__(self, words, connector_words, delimiter):
        encoded = [as_bytes(word) for word in words]
        starts = np.zeros(len(words) + 1, dtype=np.int64)
        np.cumsum([len(word) for word in encoded], out=starts[1:])
        is_connector = [word in connector_words for word in words]
        self.text = b"".join(encoded) + bytes(PAD)
        self.delimiter = as_bytes(delimiter)
        self.starts = starts
        self.is_connector = np.array(is_connector, dtype=np.uint8)
        self.lexicon.text = <const uint8_t*>PyBytes_AS_STRING(self.text)
        self.lexicon.starts = &self.starts[0]
        self.lexicon.is_connector = &self.is_connector[0]
        self.lexicon.delimiter = <const uint8_t*>PyBytes_AS_STRING(self.delimiter)
        self.lexicon.delimiter_size = len(self.delimiter)

    def __len__(self):
        """Return the number of rows, V."""
        return self.is_connector.shape[0]


@cython.final
cdef class PhraseRule:
    """Which candidates are phrases: those with a score above the threshold.

    Parameters
    ----------
    npmi : bool
        Use the score of Bouma (2009); otherwise that of Mikolov et al. (2013).
    min_count, threshold : float
    n_entries : int
        Number of distinct words and candidates.
    n_words : int
        Words of the corpus.
    """

    cdef Rule rule

    def __init__(
        self, bint npmi, double min_count, double threshold, n_entries, n_words
    ):
        self.rule.npmi = npmi
        self.rule.min_count = min_count
        self.rule.threshold = threshold
        self.rule.n_entries = n_entries
        self.rule.n_words = n_words


cdef check_range(const int32_t[::1] ids, int64_t start, int64_t stop):
    if not 0 <= start <= stop <= ids.shape[0]:
        raise ValueError(
            f"start and stop must be in 0 to {ids.shape[0]}, got {start} and {stop}"
        )


# ---------------------------------------------------------------------------
# The counts of a corpus
# ---------------------------------------------------------------------------

@cython.final
cdef class PhraseCounts(WordCounter):
    """Counts of words and candidates by their joined text.

    Notes
    -----
    Not safe for several threads at a time.  Counting and marking release the GIL.
    Entries have no lasting ids.
    """

    def __cinit__(self):
        self.kind = KIND_TEXT
        self.table.readmits = True

    cdef object read_entry(self, object item, Token* token, uint8_t* word):
        # As read_token; but `</s>` is a text like any other.
        owner = self.read_token(item, token, word)
        if token.size == END_SIZE:
            token.size = 4
        return owner

    def get(self, word):
        """Return the count of a str or bytes, 0 if it was never counted."""
        cdef Token token
        cdef uint8_t scratch[INLINE_BYTES]
        _owner = self.read_entry(word, &token, scratch)  # keeps its bytes alive
        return locate(&self.table, &token).count

    def fill(self, counts):
        """Add the counts of a dictionary from str or bytes to int."""
        cdef Token token
        cdef uint8_t scratch[INLINE_BYTES]
        # Reserved at once: `items` yields words in order of hash, see `transfer`.
        check(reserve(&self.table, len(counts)))
        for word, count in counts.items():
            _owner = self.read_entry(word, &token, scratch)
            check(count_word(&self.table, &token, count))

    def count_words(self, Joiner joiner not None, const int64_t[::1] counts):
        """Add the counts of the words that are no connector words.

        Parameters
        ----------
        joiner : Joiner
        counts : ndarray of int64, shape (V,)
            By row; row 0 is ignored.
        """
        cdef Token token
        cdef int64_t row
        cdef int64_t result = 0
        if counts.shape[0] != joiner.is_connector.shape[0]:
            raise ValueError(
                f"count_words: got {counts.shape[0]} counts for {len(joiner)} rows"
            )
        with nogil:
            for row in range(1, counts.shape[0]):
                if joiner.is_connector[row]:
                    continue
                row_token(&joiner.lexicon, row, &token)
                result = reserve(&self.table, 1)
                if result >= 0:
                    result = count_word(&self.table, &token, counts[row])
                if result < UNKNOWN_ID:
                    break
        check(result)

    def word_counts(self, Joiner joiner not None):
        """Return the count of each row's word, int64, shape (V,); 0 in row 0."""
        cdef int64_t[::1] counts = np.zeros(len(joiner), dtype=np.int64)
        cdef Token token
        cdef int64_t row
        with nogil:
            for row in range(1, counts.shape[0]):
                row_token(&joiner.lexicon, row, &token)
                counts[row] = locate(&self.table, &token).count
        return np.asarray(counts)

    def count_pairs(
        self,
        Joiner joiner not None,
        const int32_t[::1] ids,
        int64_t start,
        int64_t stop,
    ):
        """Count the candidates whose last word is in ids[start:stop].

        Parameters
        ----------
        joiner : Joiner
        ids : ndarray of int32, shape (N,)
            Rows of `joiner`; 0 ends a sentence.
        start, stop : int
        """
        cdef CandidateScanner scanner
        cdef int64_t result
        check_range(ids, start, stop)
        if start == stop:
            return
        with nogil:
            result = start_candidates(&scanner, &joiner.lexicon, &ids[0], start, stop)
            if result == 0:
                result = count_candidates(&self.table, &scanner)
            free(scanner.scratch)
        check(result)

    def mark_phrases(
        self,
        Joiner joiner not None,
        const int32_t[::1] ids,
        int64_t start,
        int64_t stop,
        const int64_t[::1] counts,
        uint8_t[::1] marks,
        PhraseRule rule not None,
    ):
        """Set marks[p - start] to 1 where a phrase ends at ids[p].

        Parameters
        ----------
        joiner, ids, start, stop
            As for `count_pairs`.
        counts : ndarray of int64, shape (V,)
            From `word_counts`.
        marks : ndarray of uint8, shape (stop - start or more,)
            OUT.  All zeros on entry.
        rule : PhraseRule
        """
        cdef CandidateScanner scanner
        cdef int64_t result
        check_range(ids, start, stop)
        if marks.shape[0] < stop - start or counts.shape[0] != len(joiner):
            raise ValueError("mark_phrases: marks or counts is too short")
        if start == stop:
            return
        with nogil:
            result = start_candidates(&scanner, &joiner.lexicon, &ids[0], start, stop)
            if result == 0:
                result = mark_candidates(
                    &self.table, &scanner, &rule.rule, &counts[0], &marks[0]
                )
            free(scanner.scratch)
        check(result)

    def prune(self, int64_t n_kept):
        """Remove the rarest entries until at most `n_kept` are left.

        Removed entries may be added again.  The count up to which entries are removed
        never falls from one call to the next.
        """
        cdef int64_t i
        if self.table.n_words <= n_kept:
            return
        self.table.prune_above = n_kept
        with nogil:
            i = prune(&self.table)
        self.table.prune_above = 0
        check(i)
        self.table.next_id = 1  # renumber the entries, so that ids never run out
        for i in range(self.table.capacity):
            if self.table.slots[i].id != 0:
                self.table.slots[i].id = <int32_t>self.table.next_id
                self.table.next_id += 1

    @property
    def n_slots(self):
        """Number of slots, used and free; see `items`."""
        return self.table.capacity

    def items(self, int64_t start, int64_t stop):
        """Return the (str, count) pairs in the slots from `start` to `stop`."""
        cdef int64_t i
        found = []
        for i in range(max(0, start), min(stop, self.table.capacity)):
            if self.table.slots[i].id != 0:
                word = slot_word(&self.table, &self.table.slots[i], KIND_TEXT)
                found.append((word, self.table.slots[i].count))
        return found

    def phrases(self, delimiter, PhraseRule rule not None):
        """Return the entries that are phrases, as a list of (str, score).

        An entry with several delimiters is scored by the parts before the first and
        after the last one.
        """
        cdef bytes encoded = as_bytes(delimiter)
        if not encoded:
            raise ValueError("the delimiter of phrases must not be empty, got ''")
        cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(encoded)
        cdef EntryText text
        cdef const Slot* slot
        cdef int64_t i
        cdef double score
        text.bytes = NULL
        text.capacity = 0
        found = []
        try:
            for i in range(self.table.capacity):
                slot = &self.table.slots[i]
                if slot.id == 0:
                    continue
                check(read_entry_text(&self.table, slot, &text))
                score = entry_score(
                    &self.table, &text, slot.count, &rule.rule, start, len(encoded)
                )
                if score > rule.rule.threshold:
                    found.append((slot_word(&self.table, slot, KIND_TEXT), score))
        finally:
            free(text.bytes)
        return found


# ---------------------------------------------------------------------------
# Text with phrases joined
# ---------------------------------------------------------------------------

cdef int64_t text_capacity(
    const Lexicon* lexicon, const int32_t* ids, int64_t start, int64_t stop
) noexcept nogil:
    # Bytes that the text of ids[start:stop] takes at most.
    cdef int64_t capacity = PAD
    cdef int64_t pos
    for pos in range(start, stop):
        capacity += word_size(lexicon, ids[pos]) + 1 + lexicon.delimiter_size
    return capacity


def joined_text(
    Joiner joiner not None,
    const int32_t[::1] ids,
    int64_t start,
    int64_t stop,
    const uint8_t[::1] marks,
    int64_t base,
    bint in_line,
):
    """Return ids[start:stop] as bytes of text, joining phrases from left to right.

    Parameters
    ----------
    joiner : Joiner
    ids : ndarray of int32, shape (N,)
    start, stop : int
    marks : ndarray of uint8, shape (stop - base or more,)
        marks[p - base] is 1 if a phrase ends at ids[p].
    base : int
        At least `start`; ids[start:base] are a word and connector words after it.
    in_line : bool
        Whether the current line already has a word.

    Returns
    -------
    text : bytes
    next : int
        The first position that was not written, because the next ids decide.
    in_line : bool
    n_phrases : int
        Number of phrases written.
    """
    cdef Writer writer
    cdef uint8_t* out
    cdef int64_t pos = start
    check_range(ids, start, stop)
    if not start <= base <= stop or marks.shape[0] < stop - base:
        raise ValueError("joined_text: marks is too short")
    if start == stop:
        return b"", start, in_line, 0
    writer.lexicon = &joiner.lexicon
    writer.ids = &ids[0]
    writer.in_line = in_line
    writer.n_phrases = 0
    with nogil:
        out = <uint8_t*>malloc(
            bytes_for(text_capacity(writer.lexicon, writer.ids, start, stop), 1)
        )
        writer.out = out
        if out != NULL:
            pos = write_joined(
                &writer, start, base, stop, &marks[0] if marks.shape[0] else NULL
            )
    if out == NULL:
        check(NO_MEMORY)
    try:
        text = PyBytes_FromStringAndSize(<const char*>out, writer.out - out)
    finally:
        free(out)
    return text, pos, writer.in_line, writer.n_phrases
