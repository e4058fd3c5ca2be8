# Scores of candidates for phrases.  Part of _text.pyx.

from libc.math cimport INFINITY, log
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport realloc
from libc.string cimport memcmp, memcpy


cdef struct Rule:
    bint npmi
    double min_count
    double threshold
    double n_entries   # of the table: words and candidates
    double n_words     # of the corpus


cdef double phrase_score(
    const Rule* rule, int64_t count_a, int64_t count_b, int64_t count_ab
) noexcept nogil:
    # The same operations in the same order as `original_scorer` and `npmi_scorer`.
    cdef double p_a, p_b, p_ab
    if count_a == 0 or count_b == 0 or count_ab == 0:
        return -INFINITY
    if not rule.npmi:
        return (
            (count_ab - rule.min_count)
            / (<double>count_a * <double>count_b)
            * rule.n_entries
        )
    if count_ab < rule.min_count:
        return -INFINITY
    p_a = count_a / rule.n_words
    p_b = count_b / rule.n_words
    p_ab = count_ab / rule.n_words
    return log(p_ab / (p_a * p_b)) / -log(p_ab)


cdef int mark_candidates(
    Table* table, CandidateScanner* scanner, const Rule* rule, const int64_t* counts,
    uint8_t* marks,
) noexcept nogil:
    # OUT marks: 1 for each position at which a phrase ends.  counts: (V,).  Returns 0
    # or an error.  A candidate's first word is found by going back over connectors.
    cdef Token tokens[BATCH]
    cdef int64_t ends[BATCH]
    cdef int64_t start = scanner.pos
    cdef int64_t first
    cdef double score
    cdef int n_tokens, k
    while True:
        n_tokens = candidate_batch(scanner, table, tokens, ends)
        if n_tokens <= 0:
            return n_tokens
        for k in range(n_tokens):
            first = ends[k] - 1
            while scanner.lexicon.is_connector[scanner.ids[first]]:
                first -= 1
            score = phrase_score(
                rule,
                counts[scanner.ids[first]],
                counts[scanner.ids[ends[k]]],
                locate(table, &tokens[k]).count,
            )
            marks[ends[k] - start] = score > rule.threshold


# ---------------------------------------------------------------------------
# Scores of table entries
# ---------------------------------------------------------------------------

cdef struct EntryText:
    uint8_t* bytes      # followed by what make_token reads after a word
    int64_t size        # [bytes]
    int64_t capacity    # [bytes]


cdef int read_entry_text(
    const Table* table, const Slot* slot, EntryText* text
) noexcept nogil:
    # INOUT text: the word of the slot.  Returns 0 or NO_MEMORY.
    cdef int64_t needed = PAD
    cdef uint8_t* larger
    text.size = slot.length
    if slot.length == LONG_WORD:
        text.size = long_size(table, slot)
    needed += text.size if text.size > INLINE_BYTES else INLINE_BYTES
    if needed > text.capacity:
        larger = <uint8_t*>realloc(text.bytes, bytes_for(2 * needed, 1))
        if larger == NULL:
            return NO_MEMORY
        text.bytes = larger
        text.capacity = 2 * needed
    if slot.length == LONG_WORD:
        memcpy(text.bytes, long_bytes(table, slot), <size_t>text.size)
    else:
        store(text.bytes, slot.head)
        store(text.bytes + 8, slot.tail)
    return 0


cdef double entry_score(
    Table* table, const EntryText* text, int64_t count_ab, const Rule* rule,
    const uint8_t* delimiter, int64_t delimiter_size,
) noexcept nogil:
    # The score of an entry, from the parts before its first and after its last
    # delimiter; -inf if it has no delimiter.
    cdef int64_t first = NO_POSITION
    cdef int64_t last = 0
    cdef int64_t pos = 0
    cdef Token a, b
    while pos + delimiter_size <= text.size:
        if memcmp(text.bytes + pos, delimiter, <size_t>delimiter_size) == 0:
            first = pos if first == NO_POSITION else first
            pos += delimiter_size
            last = pos
        else:
            pos += 1
    if first == NO_POSITION:
        return -INFINITY
    make_token(&a, text.bytes, first)
    a.size = first
    make_token(&b, text.bytes + last, text.size - last)
    b.size = text.size - last
    return phrase_score(
        rule, locate(table, &a).count, locate(table, &b).count, count_ab
    )
