# Candidates for phrases: finding them in a stream of ids and counting them.  Part of
# _text.pyx.
#
# A candidate is two words of one sentence with nothing but connector words between
# them.  Its text is all of these words joined by the delimiter.  Words and candidates
# are counted in one table by their text, so equal texts are one entry, however they
# were formed.

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport malloc, realloc
from libc.string cimport memcpy

cdef enum:
    NO_POSITION = -1           # in a stream of ids
    FIRST_SCRATCH = 64 * 320   # for the texts of a batch; grows for long ones [bytes]


# ---------------------------------------------------------------------------
# The text of words and of candidates
# ---------------------------------------------------------------------------

cdef struct Lexicon:
    const uint8_t* text           # all words without separators, then PAD bytes
    const int64_t* starts         # (V + 1,) row r is text[starts[r]:starts[r + 1]]
    const uint8_t* is_connector   # (V,)
    const uint8_t* delimiter
    int64_t delimiter_size


cdef inline int64_t word_size(const Lexicon* lexicon, int32_t word) noexcept nogil:
    return lexicon.starts[word + 1] - lexicon.starts[word]


cdef int64_t joined_size(
    const Lexicon* lexicon, const int32_t* words, int64_t n
) noexcept nogil:
    cdef int64_t size = (n - 1) * lexicon.delimiter_size
    cdef int64_t k
    for k in range(n):
        size += word_size(lexicon, words[k])
    return size


cdef inline uint8_t* put_word(
    const Lexicon* lexicon, int32_t word, uint8_t* out
) noexcept nogil:
    # OUT out; writes at least INLINE_BYTES, however short the word.  Returns the end.
    cdef const uint8_t* start = lexicon.text + lexicon.starts[word]
    cdef int64_t size = word_size(lexicon, word)
    if size <= INLINE_BYTES:
        memcpy(out, start, INLINE_BYTES)
    else:
        memcpy(out, start, <size_t>size)
    return out + size


cdef uint8_t* put_joined(
    const Lexicon* lexicon, const int32_t* words, int64_t n, uint8_t* out
) noexcept nogil:
    # OUT out, as for put_word.
    cdef int64_t k
    for k in range(n):
        if k > 0:
            memcpy(out, lexicon.delimiter, <size_t>lexicon.delimiter_size)
            out += lexicon.delimiter_size
        out = put_word(lexicon, words[k], out)
    return out


cdef void row_token(const Lexicon* lexicon, int64_t row, Token* token) noexcept nogil:
    # OUT token: `</s>` is a word like any other here.
    cdef int64_t size = word_size(lexicon, <int32_t>row)
    make_token(token, lexicon.text + lexicon.starts[row], size)
    token.size = size


# ---------------------------------------------------------------------------
# Candidates in a stream of ids
# ---------------------------------------------------------------------------

cdef struct CandidateScanner:
    const Lexicon* lexicon
    const int32_t* ids
    int64_t pos          # of the next word
    int64_t stop
    int64_t first        # of the sentence's last word that is no connector word
    uint8_t* scratch     # the texts of a batch
    int64_t capacity     # of scratch [bytes]
    int64_t used         # of scratch [bytes]


cdef int start_candidates(
    CandidateScanner* scanner, const Lexicon* lexicon, const int32_t* ids,
    int64_t start, int64_t stop,
) noexcept nogil:
    # OUT scanner, for the candidates whose last word is in ids[start:stop].  Returns 0
    # or NO_MEMORY; the caller frees `scratch`.
    cdef int64_t first = start - 1
    while first >= 0 and ids[first] != END and lexicon.is_connector[ids[first]]:
        first -= 1
    scanner.lexicon = lexicon
    scanner.ids = ids
    scanner.pos = start
    scanner.stop = stop
    scanner.first = first if first >= 0 and ids[first] != END else NO_POSITION
    scanner.scratch = <uint8_t*>malloc(FIRST_SCRATCH)
    scanner.capacity = FIRST_SCRATCH
    return 0 if scanner.scratch != NULL else NO_MEMORY


cdef int grow_scratch(CandidateScanner* scanner, int64_t needed) noexcept nogil:
    cdef uint8_t* scratch = <uint8_t*>realloc(
        scanner.scratch, bytes_for(2 * needed, 1)
    )
    if scratch == NULL:
        return NO_MEMORY
    scanner.scratch = scratch
    scanner.capacity = 2 * needed
    return 0


cdef int add_candidate(
    CandidateScanner* scanner, Token* token, bint may_grow
) noexcept nogil:
    # OUT token: the candidate from `first` to `pos`.  Returns 1; 0 if scratch is full,
    # unless it may grow, which invalidates earlier tokens; or NO_MEMORY.
    cdef const int32_t* words = scanner.ids + scanner.first
    cdef int64_t n = scanner.pos - scanner.first + 1
    cdef int64_t size = joined_size(scanner.lexicon, words, n)
    cdef uint8_t* text
    if scanner.used + size + PAD > scanner.capacity:
        if not may_grow:
            return 0
        if grow_scratch(scanner, size + PAD) < 0:
            return NO_MEMORY
    text = scanner.scratch + scanner.used
    put_joined(scanner.lexicon, words, n, text)
    make_token(token, text, size)
    token.size = size  # `<` and `s>` joined by `/` are no sentence end
    scanner.used += size
    return 1


cdef int candidate_batch(
    CandidateScanner* scanner, const Table* table, Token* tokens, int64_t* ends
) noexcept nogil:
    # OUT tokens, ends: the next candidates and the positions of their last words.
    # Returns their number, 0 after the last one, or NO_MEMORY.  The tokens are valid
    # until the next call.
    cdef int32_t word
    cdef int n_tokens = 0
    cdef int added
    scanner.used = 0
    while scanner.pos < scanner.stop and n_tokens < BATCH:
        word = scanner.ids[scanner.pos]
        if word == END:
            scanner.first = NO_POSITION
        elif not scanner.lexicon.is_connector[word]:
            if scanner.first != NO_POSITION:
                added = add_candidate(scanner, &tokens[n_tokens], n_tokens == 0)
                if added <= 0:
                    return added if added < 0 else n_tokens
                prefetch_slot(table, &tokens[n_tokens])
                ends[n_tokens] = scanner.pos
                n_tokens += 1
            scanner.first = scanner.pos
        scanner.pos += 1
    return n_tokens


cdef int64_t count_candidates(
    Table* table, CandidateScanner* scanner
) noexcept nogil:
    # Returns 0 or an error.
    cdef Token tokens[BATCH]
    cdef int64_t ends[BATCH]
    cdef int64_t id
    cdef int n_tokens, k
    while True:
        if reserve(table, BATCH) < 0:
            return NO_MEMORY
        n_tokens = candidate_batch(scanner, table, tokens, ends)
        if n_tokens <= 0:
            return n_tokens
        for k in range(n_tokens):
            id = count_word(table, &tokens[k], 1)
            if id < UNKNOWN_ID:
                return id
