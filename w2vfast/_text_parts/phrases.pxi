# Phrases as Python sees them: the counts of a corpus, their scores, text and lists of
# words with phrases joined.  Part of _text.pyx; what they do is in candidates.pxi.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_Check
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc


cdef class Joiner:
    """The words of a vocabulary as bytes, and how they are joined.

    Parameters
    ----------
    words : list of str, length V
        By row; row 0 is the sentence end.
    connector_words : container of str
        Words that no phrase begins or ends with.
    delimiter : str
        What stands between the words of a phrase.
    """

    cdef Joints joints
    cdef bytes text, delimiter
    cdef int64_t[::1] starts
    cdef uint8_t[::1] connects

    def __init__(self, words, connector_words, delimiter):
        encoded = [as_bytes(word) for word in words]
        starts = np.zeros(len(words) + 1, dtype=np.int64)
        np.cumsum([len(word) for word in encoded], out=starts[1:])
        connects = np.array([word in connector_words for word in words], dtype=np.uint8)
        self.text = b"".join(encoded) + bytes(PAD)
        self.delimiter = as_bytes(delimiter)
        self.starts = starts
        self.connects = connects
        self.joints.text = <const uint8_t*>PyBytes_AS_STRING(self.text)
        self.joints.starts = &self.starts[0]
        self.joints.connects = &self.connects[0]
        self.joints.delimiter = <const uint8_t*>PyBytes_AS_STRING(self.delimiter)
        self.joints.delimiter_size = len(self.delimiter)

    def __len__(self):
        """Number of rows, V."""
        return self.connects.shape[0]


cdef class PhraseRule:
    """Which candidates are phrases: those that score above the threshold.

    Parameters
    ----------
    npmi : bool
        Bouma's score; else that of Mikolov et al.
    min_count, threshold : float
    n_entries : int
        Words and candidates counted.
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
        raise ValueError(f"start and stop must be within ids, got {start} and {stop}")


# ---------------------------------------------------------------------------
# The counts of a corpus
# ---------------------------------------------------------------------------

cdef class PhraseCounts(WordCounter):
    """Counts of words and candidates by their joined text.

    Notes
    -----
    For one thread at a time; counting and marking run without the GIL.  Ids mean
    nothing here.
    """

    def __cinit__(self):
        self.kind = KIND_TEXT
        self.table.forgets = True

    cdef object read_entry(self, object item, Token* token, uint8_t* word):
        # As read_token; but `</s>` is a text like any other.
        owner = self.read_token(item, token, word)
        if token.size == END_SIZE:
            token.size = 4
        return owner

    def get(self, word):
        """Return how often a str or bytes was counted, 0 if never."""
        cdef Token token
        cdef uint8_t scratch[INLINE_BYTES]
        owner = self.read_entry(word, &token, scratch)  # keeps its bytes alive
        return locate(&self.table, &token).count

    def fill(self, counts):
        """Count each str or bytes of a dictionary so many times."""
        cdef Token token
        cdef uint8_t scratch[INLINE_BYTES]
        # Room for all before: `items` gives them in order of hash, see `transfer`.
        check(reserve(&self.table, len(counts)))
        for word, count in counts.items():
            owner = self.read_entry(word, &token, scratch)
            check(count_word(&self.table, &token, count))

    def count_words(self, Joiner joiner not None, const int64_t[::1] counts):
        """Count each word that is no connector word counts[row] times; row 0 is none."""
        cdef Token token
        cdef int64_t row
        cdef int64_t result = 0
        if counts.shape[0] != joiner.connects.shape[0]:
            raise ValueError("count_words: as many counts as rows are needed")
        with nogil:
            for row in range(1, counts.shape[0]):
                if joiner.connects[row]:
                    continue
                row_token(&joiner.joints, row, &token)
                result = reserve(&self.table, 1)
                if result >= 0:
                    result = count_word(&self.table, &token, counts[row])
                if result < LOST_ID:
                    break
        check(result)

    def word_counts(self, Joiner joiner not None):
        """Return the count of each row's word, int64, shape (V,)."""
        cdef int64_t[::1] counts = np.zeros(joiner.connects.shape[0], dtype=np.int64)
        cdef Token token
        cdef int64_t row
        with nogil:
            for row in range(1, counts.shape[0]):
                row_token(&joiner.joints, row, &token)
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
        ids : ndarray of int32, shape (N,)
            Rows of `joiner`; 0 ends a sentence.
        """
        cdef Walk walk
        cdef int64_t result
        check_range(ids, start, stop)
        if start == stop:
            return
        with nogil:
            result = start_walk(&walk, &joiner.joints, &ids[0], start, stop)
            if result == 0:
                result = count_candidates(&self.table, &walk)
            free(walk.scratch)
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
        """Set marks[p - start] to whether a phrase ends at ids[p].

        Parameters
        ----------
        counts : ndarray of int64, shape (V,)
            From `word_counts`.
        marks : ndarray of uint8, shape (stop - start,)
            OUT, zeros before.
        """
        cdef Walk walk
        cdef int64_t result
        check_range(ids, start, stop)
        if marks.shape[0] < stop - start or counts.shape[0] != len(joiner):
            raise ValueError("mark_phrases: marks or counts is too short")
        if start == stop:
            return
        with nogil:
            result = start_walk(&walk, &joiner.joints, &ids[0], start, stop)
            if result == 0:
                result = mark_candidates(
                    &self.table, &walk, &rule.rule, &counts[0], &marks[0]
                )
            free(walk.scratch)
        check(result)

    def prune(self, int64_t most):
        """Drop the rarest entries until there are at most `most`.

        They may come back.  Each call drops more frequent ones than the last.
        """
        cdef int64_t i
        if self.table.live <= most:
            return
        self.table.max_live = most
        with nogil:
            i = prune(&self.table)
        self.table.max_live = 0
        check(i)
        self.table.next_id = 1  # ids are given again, so that they never run out
        for i in range(self.table.capacity):
            if self.table.slots[i].id != 0:
                self.table.slots[i].id = <int32_t>self.table.next_id
                self.table.next_id += 1

    def items(self, int64_t start, int64_t stop):
        """Return the (str, count) pairs of the places start to stop; see `places`."""
        cdef int64_t i
        found = []
        for i in range(max(0, start), min(stop, self.table.capacity)):
            if self.table.slots[i].id != 0:
                word = slot_word(&self.table, &self.table.slots[i], KIND_TEXT)
                found.append((word, self.table.slots[i].count))
        return found

    @property
    def places(self):
        """One above the last place that `items` knows."""
        return self.table.capacity

    def phrases(self, delimiter, PhraseRule rule not None):
        """Return the entries that are phrases, as a list of (str, score).

        An entry that holds the delimiter is scored by what stands before the first
        and after the last one.
        """
        cdef bytes mark = as_bytes(delimiter)
        cdef const uint8_t* glue = <const uint8_t*>PyBytes_AS_STRING(mark)
        cdef uint8_t* scratch = NULL
        cdef int64_t room = 0
        cdef const Slot* slot
        cdef int64_t i
        cdef double score
        found = []
        try:
            for i in range(self.table.capacity):
                slot = &self.table.slots[i]
                if slot.id == 0:
                    continue
                check(reserve_scratch(&self.table, slot, &scratch, &room))
                score = entry_score(
                    &self.table, slot, &rule.rule, glue, len(mark), scratch
                )
                if score > rule.rule.threshold:
                    found.append((slot_word(&self.table, slot, KIND_TEXT), score))
        finally:
            free(scratch)
        return found


# ---------------------------------------------------------------------------
# Text with phrases joined
# ---------------------------------------------------------------------------

def joined_text(
    Joiner joiner not None,
    const int32_t[::1] ids,
    int64_t start,
    int64_t stop,
    const uint8_t[::1] marks,
    int64_t base,
    bint in_line,
):
    """Return ids[start:stop] as bytes of text, phrases joined from left to right.

    Parameters
    ----------
    marks : ndarray of uint8
        marks[p - base] says whether a phrase ends at ids[p]; for p from `base` on.
    base : int
        Not below `start`; from `start` to it are a word and connector words.
    in_line : bool
        Whether the line already has a word.

    Returns
    -------
    text : bytes
    start : int
        The first place that was not written, because what follows decides.
    in_line : bool
    n_phrases : int
        Phrases written.
    """
    cdef Writer writer
    cdef int64_t room, pos
    cdef uint8_t* out
    check_range(ids, start, stop)
    if not start <= base <= stop or marks.shape[0] < stop - base:
        raise ValueError("joined_text: marks is too short")
    if start == stop:
        return b"", start, in_line, 0
    writer.joints = &joiner.joints
    writer.ids = &ids[0]
    writer.in_line = in_line
    writer.n_phrases = 0
    with nogil:
        room = PAD
        for pos in range(start, stop):
            room += word_size(writer.joints, ids[pos]) + 1 + writer.joints.delimiter_size
        out = <uint8_t*>malloc(bytes_for(room, 1))
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


# ---------------------------------------------------------------------------
# Phrases in lists of words
# ---------------------------------------------------------------------------

cdef class PhraseScores:
    """Scores candidates of a sentence in Python."""

    cdef double threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        raise NotImplementedError

    def of(self, phrase, word_a, word_b):
        """Return the score of a candidate, or None if it is no phrase."""
        cdef double score = self.score(phrase, word_a, word_b)
        return score if score > self.threshold else None


cdef class CountedScores(PhraseScores):
    """Scores by counts and a rule."""

    cdef PhraseCounts counts
    cdef PhraseRule rule

    def __init__(self, PhraseCounts counts not None, PhraseRule rule not None):
        self.counts = counts
        self.rule = rule
        self.threshold = rule.rule.threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        cdef int64_t together = self.counts.get(phrase)
        if together == 0:
            return -INFINITY
        return phrase_score(
            &self.rule.rule, self.counts.get(word_a), self.counts.get(word_b), together
        )


cdef class KnownScores(PhraseScores):
    """Scores from a dictionary of joined phrases."""

    cdef dict scores

    def __init__(self, dict scores not None, double threshold):
        self.scores = scores
        self.threshold = threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        found = self.scores.get(phrase)
        return -INFINITY if found is None else found


cdef class CalledScores(PhraseScores):
    """Scores by a function: score(phrase, word_a, word_b), None for no candidate."""

    cdef object function

    def __init__(self, function, double threshold):
        self.function = function
        self.threshold = threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        found = self.function(phrase, word_a, word_b)
        return -INFINITY if found is None else found


def analyze_sentence(
    sentence,
    connector_words,
    str delimiter not None,
    PhraseScores scores not None,
    bint with_scores,
):
    """Join the phrases of a sentence from left to right.

    Parameters
    ----------
    sentence : iterable of str
    connector_words : frozenset of str
    delimiter : str
    scores : PhraseScores
    with_scores : bool

    Returns
    -------
    list of str, or of (str, float or None)
        Words and phrases; with `with_scores`, (phrase, score) and (word, None).

    Raises
    ------
    TypeError
        If a word is no str.
    """
    cdef list found = []
    cdef list parts = []  # where a phrase may begin, and connector words after it
    cdef double score
    for word in sentence:
        if not PyUnicode_Check(word):
            message = (
                f"a sentence is a list of words, each a str; got {word!r} of type "
                f"{type(word).__name__} in one"
            )
            raise TypeError(message)
        if word in connector_words:
            if parts:
                parts.append(word)
            else:
                found.append((word, None) if with_scores else word)
            continue
        if parts:
            parts.append(word)
            phrase = delimiter.join(parts)
            score = scores.score(phrase, parts[0], word)
            if score > scores.threshold:
                found.append((phrase, score) if with_scores else phrase)
                parts.clear()
                continue
            parts.pop()
            add_words(found, parts, with_scores)
            parts.clear()
        parts.append(word)
    add_words(found, parts, with_scores)
    return found


cdef add_words(list found, list words, bint with_scores):
    for word in words:
        found.append((word, None) if with_scores else word)
