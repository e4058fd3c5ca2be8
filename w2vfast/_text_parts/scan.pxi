# Text and arrays of integers cut into words and looked up in batches: the slots of a
# batch are prefetched while its words are cut.  Part of _text.pyx.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memchr

cdef extern from *:
    """
    #include <stdint.h>

    #define W2V_LOW_BITS UINT64_C(0x7f7f7f7f7f7f7f7f)
    #define W2V_HIGH_BITS UINT64_C(0x8080808080808080)
    /* Added to a byte below 0x80, sets its highest bit if it is above 0x20. */
    #define W2V_ABOVE_SPACE UINT64_C(0x5f5f5f5f5f5f5f5f)
    /* Times eight bytes of 0 or 1, puts these into the highest byte, as bits. */
    #define W2V_GATHER UINT64_C(0x0102040810204080)

    /* Place of the lowest set bit; `bits` is not 0. */
    #if defined(__GNUC__) || defined(__clang__)
    #define w2v_lowest_bit(bits) __builtin_ctzll(bits)
    #else
    static inline int w2v_lowest_bit(uint64_t bits) {
        int place = 0;
        if (!(bits & 0xffffffffu)) { place += 32; bits >>= 32; }
        if (!(bits & 0xffffu)) { place += 16; bits >>= 16; }
        if (!(bits & 0xffu)) { place += 8; bits >>= 8; }
        if (!(bits & 0xfu)) { place += 4; bits >>= 4; }
        if (!(bits & 0x3u)) { place += 2; bits >>= 2; }
        return place + !(bits & 1u);
    }
    #endif
    """
    const uint64_t LOW_BITS "W2V_LOW_BITS"
    const uint64_t HIGH_BITS "W2V_HIGH_BITS"
    const uint64_t ABOVE_SPACE "W2V_ABOVE_SPACE"
    const uint64_t GATHER "W2V_GATHER"
    int lowest_bit "w2v_lowest_bit" (uint64_t bits) noexcept nogil

ctypedef fused index_t:
    int32_t
    int64_t

cdef enum:
    EXACT_BYTES = 98    # what the C program keeps of a word [bytes]
    WINDOW = 64         # bytes whose white space is found at once
    WINDOW_TOKENS = 66  # a window gives at most 64 ends, or 33 words and 32 ends
    BATCH = 320         # tokens that are prefetched together
    BATCH_WINDOWS = BATCH - WINDOW_TOKENS
    PAD = 80            # bytes behind a block that may be read: a window and a word

cdef enum:  # What a value that equals `skip` does in an array of ids.
    SKIP_NONE = 0
    SKIP_PADDING = 1
    SKIP_SEPARATOR = 2


cdef int64_t count_batch(
    Table* table, const Token* tokens, int n_tokens, int32_t* ids, int64_t n_ids,
    bint exact,
) noexcept nogil:
    # Appends the ids of the tokens to ids[:n_ids]; returns their number, or an
    # error.  Only exact mode keeps an empty sentence.
    cdef int64_t id
    cdef int k
    for k in range(n_tokens):
        if tokens[k].size == END_SIZE:
            if exact or n_ids == 0 or ids[n_ids - 1] != END:
                ids[n_ids] = END
                n_ids += 1
            continue
        id = count_word(table, &tokens[k], 1)
        if id < LOST_ID:
            return id
        ids[n_ids] = <int32_t>id
        n_ids += 1
    return n_ids


# ---------------------------------------------------------------------------
# Cutting text
# ---------------------------------------------------------------------------

cdef struct Scanner:
    const uint8_t* text
    int64_t n
    int64_t pos      # of the next window
    int64_t start    # of the word in hand
    bint exact


cdef inline uint64_t small_bytes(uint64_t eight) noexcept nogil:
    # A bit for each of eight bytes that is at most 0x20: white space and controls.
    cdef uint64_t high = ~(((eight & LOW_BITS) + ABOVE_SPACE) | eight) & HIGH_BITS
    return ((high >> 7) * GATHER) >> 56


cdef inline uint64_t window_marks(const uint8_t* window) noexcept nogil:
    cdef uint64_t marks = 0
    cdef int k
    for k in range(WINDOW // 8):
        marks |= small_bytes(load(window + 8 * k)) << (8 * k)
    return marks


cdef inline int64_t exact_size(const uint8_t* start, int64_t size) noexcept nogil:
    # What is left of a word in a C string of 99 bytes.
    cdef int64_t kept = size if size < EXACT_BYTES else EXACT_BYTES
    cdef const uint8_t* nul = <const uint8_t*>memchr(start, 0, <size_t>kept)
    return kept if nul == NULL else nul - start


cdef inline void cut_token(Scanner* scanner, Token* token, int64_t stop) noexcept nogil:
    # OUT token: the word that ends before `stop`.
    cdef const uint8_t* start = scanner.text + scanner.start
    cdef int64_t size = stop - scanner.start
    if scanner.exact:
        size = exact_size(start, size)
    cut_word(token, start, size)


cdef int scan_batch(Scanner* scanner, const Table* table, Token* tokens) noexcept nogil:
    # OUT tokens: those of the next windows; returns how many.
    cdef int n_tokens = 0
    cdef int64_t place
    cdef uint64_t marks
    cdef uint8_t byte
    while scanner.pos < scanner.n and n_tokens <= BATCH_WINDOWS:
        marks = window_marks(scanner.text + scanner.pos)
        if scanner.n - scanner.pos < WINDOW:
            marks &= (<uint64_t>1 << (scanner.n - scanner.pos)) - 1
        while marks:
            place = scanner.pos + lowest_bit(marks)
            marks &= marks - 1
            byte = scanner.text[place]
            if byte != 32 and byte != 10 and byte != 9:
                continue
            if place > scanner.start:
                cut_token(scanner, &tokens[n_tokens], place)
                prefetch(&table.slots[tokens[n_tokens].hash >> table.shift])
                n_tokens += 1
            if byte == 10:
                tokens[n_tokens].size = END_SIZE
                n_tokens += 1
            scanner.start = place + 1
        scanner.pos += WINDOW
    return n_tokens


cdef int64_t encode_block(Table* table, Scanner* scanner, int32_t* ids) noexcept nogil:
    # OUT ids: (n,) is always room enough.  Returns their number, or an error.
    cdef Token tokens[BATCH]
    cdef int64_t n_ids = 0
    cdef int n_tokens
    while scanner.pos < scanner.n:
        if reserve(table, BATCH) < 0:
            return NO_MEMORY
        n_tokens = scan_batch(scanner, table, tokens)
        n_ids = count_batch(table, tokens, n_tokens, ids, n_ids, scanner.exact)
        if n_ids < 0:
            return n_ids
    return n_ids


# ---------------------------------------------------------------------------
# Cutting arrays of integers
# ---------------------------------------------------------------------------

cdef struct ValueScanner:
    int64_t n
    int64_t i              # next value
    const int64_t* ends    # (n_ends,) a sentence ends before values[ends[k]]
    int64_t n_ends
    int64_t end            # next of them
    int64_t skip
    int skip_kind


cdef int value_batch(
    ValueScanner* scanner, const index_t* values, Token* tokens
) noexcept nogil:
    # OUT tokens: the next ones; returns how many, or BAD_VALUE at values[i].
    cdef int n_tokens = 0
    cdef int64_t value
    while n_tokens < BATCH and (scanner.i < scanner.n or scanner.end < scanner.n_ends):
        if scanner.end < scanner.n_ends and (
            scanner.i == scanner.n or scanner.ends[scanner.end] <= scanner.i
        ):
            tokens[n_tokens].size = END_SIZE
            scanner.end += 1
        else:
            value = values[scanner.i]
            if scanner.skip_kind == SKIP_PADDING and value == scanner.skip:
                scanner.i += 1
                continue
            if scanner.skip_kind == SKIP_SEPARATOR and value == scanner.skip:
                tokens[n_tokens].size = END_SIZE
            elif value < 0:
                return BAD_VALUE
            else:
                cut_value(&tokens[n_tokens], value)
            scanner.i += 1
        n_tokens += 1
    return n_tokens


cdef int64_t encode_integers(
    Table* table, ValueScanner* scanner, const index_t* values, int32_t* ids, bint exact
) noexcept nogil:
    # OUT ids: (n + n_ends,).  Returns their number, or an error.
    cdef Token tokens[BATCH]
    cdef int64_t n_ids = 0
    cdef int n_tokens, k
    while scanner.i < scanner.n or scanner.end < scanner.n_ends:
        if reserve(table, BATCH) < 0:
            return NO_MEMORY
        n_tokens = value_batch(scanner, values, tokens)
        if n_tokens < 0:
            return n_tokens
        for k in range(n_tokens):
            if tokens[k].size != END_SIZE:
                prefetch(&table.slots[tokens[k].hash >> table.shift])
        n_ids = count_batch(table, tokens, n_tokens, ids, n_ids, exact)
        if n_ids < 0:
            return n_ids
    return n_ids
