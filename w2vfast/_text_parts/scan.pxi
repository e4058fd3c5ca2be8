# Split text and arrays of integers into tokens and look them up in batches: the slots
# of a batch are prefetched while the next tokens are made.  Part of _text.pyx.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memchr

cdef extern from *:
    """
    #include <stdint.h>

    #define W2V_LOW_BITS UINT64_C(0x7f7f7f7f7f7f7f7f)
    #define W2V_HIGH_BITS UINT64_C(0x8080808080808080)
    /* Added to a byte below 0x80, sets its highest bit if the byte is above 0x20. */
    #define W2V_ABOVE_SPACE UINT64_C(0x5f5f5f5f5f5f5f5f)
    /* Times eight bytes of 0 or 1, moves them to the highest byte, one bit each. */
    #define W2V_GATHER UINT64_C(0x0102040810204080)

    /* Position of the lowest set bit; `bits` is not 0. */
    #if defined(__GNUC__) || defined(__clang__)
    #define w2v_lowest_bit(bits) __builtin_ctzll(bits)
    #else
    static inline int w2v_lowest_bit(uint64_t bits) {
        int pos = 0;
        if (!(bits & 0xffffffffu)) { pos += 32; bits >>= 32; }
        if (!(bits & 0xffffu)) { pos += 16; bits >>= 16; }
        if (!(bits & 0xffu)) { pos += 8; bits >>= 8; }
        if (!(bits & 0xfu)) { pos += 4; bits >>= 4; }
        if (!(bits & 0x3u)) { pos += 2; bits >>= 2; }
        return pos + !(bits & 1u);
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
    EXACT_BYTES = 98    # the C program keeps this much of a word [bytes]
    WINDOW = 64         # white space is found in this many bytes at once
    WINDOW_TOKENS = 66  # a window gives at most 64 ends, or 33 words and 32 ends
    BATCH = 320         # tokens that are prefetched together
    BATCH_FULL = BATCH - WINDOW_TOKENS  # with more, the next window might not fit
    PAD = 80            # readable bytes after a block: a window and a word

cdef enum:  # The meaning of a value that equals ValueScanner.special.
    SPECIAL_NONE = 0
    SPECIAL_PADDING = 1
    SPECIAL_SEPARATOR = 2


cdef int64_t count_batch(
    Table* table, const Token* tokens, int n_tokens, int32_t* ids, int64_t n_ids,
    bint exact,
) noexcept nogil:
    # Appends the ids of the tokens to ids[:n_ids]; returns the new n_ids or an error.
    # Only exact mode keeps empty sentences.
    cdef int64_t id
    cdef int k
    for k in range(n_tokens):
        if tokens[k].size == END_SIZE:
            if exact or n_ids == 0 or ids[n_ids - 1] != END:
                ids[n_ids] = END
                n_ids += 1
            continue
        id = count_word(table, &tokens[k], 1)
        if id < UNKNOWN_ID:
            return id
        ids[n_ids] = <int32_t>id
        n_ids += 1
    return n_ids


# ---------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------

cdef struct Scanner:
    const uint8_t* text
    int64_t n
    int64_t pos      # of the next window
    int64_t start    # of the current word
    bint exact


cdef inline uint64_t low_byte_bits(uint64_t eight) noexcept nogil:
    # A bit for each of eight bytes: set if the byte is at most 0x20, that is white
    # space or a control character.
    cdef uint64_t high = ~(((eight & LOW_BITS) + ABOVE_SPACE) | eight) & HIGH_BITS
    return ((high >> 7) * GATHER) >> 56


cdef inline uint64_t space_bits(const uint8_t* window) noexcept nogil:
    cdef uint64_t bits = 0
    cdef int k
    for k in range(WINDOW // 8):
        bits |= low_byte_bits(load(window + 8 * k)) << (8 * k)
    return bits


cdef inline int64_t exact_size(const uint8_t* start, int64_t size) noexcept nogil:
    # Length of the word in the C program, whose words are C strings of 99 bytes.
    cdef int64_t kept = size if size < EXACT_BYTES else EXACT_BYTES
    cdef const uint8_t* nul = <const uint8_t*>memchr(start, 0, <size_t>kept)
    return kept if nul == NULL else nul - start


cdef inline void text_token(
    const Scanner* scanner, Token* token, int64_t stop
) noexcept nogil:
    # OUT token: the word that ends before `stop`.
    cdef const uint8_t* start = scanner.text + scanner.start
    cdef int64_t size = stop - scanner.start
    if scanner.exact:
        size = exact_size(start, size)
    make_token(token, start, size)


cdef inline uint64_t next_window(const Scanner* scanner) noexcept nogil:
    # A bit for each byte of the window at `pos` that is white space or a control
    # character.
    cdef uint64_t bits = space_bits(scanner.text + scanner.pos)
    if scanner.n - scanner.pos < WINDOW:
        bits &= (<uint64_t>1 << (scanner.n - scanner.pos)) - 1
    return bits


cdef int scan_batch(Scanner* scanner, const Table* table, Token* tokens) noexcept nogil:
    # OUT tokens: those of the next windows; returns their number.
    cdef int n_tokens = 0
    cdef int64_t pos
    cdef uint64_t bits
    cdef uint8_t byte
    while scanner.pos < scanner.n and n_tokens <= BATCH_FULL:
        bits = next_window(scanner)
        while bits:
            pos = scanner.pos + lowest_bit(bits)
            bits &= bits - 1
            byte = scanner.text[pos]
            if byte != c" " and byte != c"\n" and byte != c"\t" and byte != c"\r":
                continue
            if pos > scanner.start:
                text_token(scanner, &tokens[n_tokens], pos)
                prefetch_slot(table, &tokens[n_tokens])
                n_tokens += 1
            if byte == c"\n":
                tokens[n_tokens].size = END_SIZE
                n_tokens += 1
            scanner.start = pos + 1
        scanner.pos += WINDOW
    return n_tokens


cdef int64_t encode_block(Table* table, Scanner* scanner, int32_t* ids) noexcept nogil:
    # OUT ids: (n,), which is always enough.  Returns the number of ids or an error.
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
# Arrays of integers
# ---------------------------------------------------------------------------

cdef struct ValueScanner:
    int64_t n
    int64_t pos            # of the next value
    const int64_t* ends    # (n_ends,) a sentence ends before values[ends[k]]
    int64_t n_ends
    int64_t next_end       # index into `ends`
    int64_t special        # the padding value or the separator
    int special_kind       # SPECIAL_*


cdef inline bint is_at_end(const ValueScanner* scanner) noexcept nogil:
    # Whether the next token is a sentence end from `ends`.
    if scanner.next_end == scanner.n_ends:
        return False
    return scanner.pos == scanner.n or scanner.ends[scanner.next_end] <= scanner.pos


cdef int scan_values(
    ValueScanner* scanner, const index_t* values, Token* tokens
) noexcept nogil:
    # OUT tokens: the next ones; returns their number, or BAD_VALUE at values[pos].
    cdef int n_tokens = 0
    cdef int64_t value
    while n_tokens < BATCH:
        if is_at_end(scanner):
            tokens[n_tokens].size = END_SIZE
            n_tokens += 1
            scanner.next_end += 1
            continue
        if scanner.pos == scanner.n:
            break
        value = values[scanner.pos]
        if scanner.special_kind != SPECIAL_NONE and value == scanner.special:
            if scanner.special_kind == SPECIAL_SEPARATOR:
                tokens[n_tokens].size = END_SIZE
                n_tokens += 1
        elif value < 0:
            return BAD_VALUE
        else:
            make_integer_token(&tokens[n_tokens], value)
            n_tokens += 1
        scanner.pos += 1
    return n_tokens


cdef int64_t encode_integers(
    Table* table, ValueScanner* scanner, const index_t* values, int32_t* ids, bint exact
) noexcept nogil:
    # OUT ids: (n + n_ends,).  Returns the number of ids or an error.
    cdef Token tokens[BATCH]
    cdef int64_t n_ids = 0
    cdef int n_tokens, k
    while scanner.pos < scanner.n or scanner.next_end < scanner.n_ends:
        if reserve(table, BATCH) < 0:
            return NO_MEMORY
        n_tokens = scan_values(scanner, values, tokens)
        if n_tokens < 0:
            return n_tokens
        for k in range(n_tokens):
            if tokens[k].size != END_SIZE:
                prefetch_slot(table, &tokens[k])
        n_ids = count_batch(table, tokens, n_tokens, ids, n_ids, exact)
        if n_ids < 0:
            return n_ids
    return n_ids
