# Tokens: a word as two numbers and a hash, ready to be looked up.  Part of _text.pyx.

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    /* Odd numbers with about half of their bits set, from splitmix64. */
    #define W2V_MULTIPLIER_1 UINT64_C(0x9e3779b97f4a7c15)
    #define W2V_MULTIPLIER_2 UINT64_C(0xbf58476d1ce4e5b9)
    #define W2V_ALL_BITS UINT64_C(0xffffffffffffffff)
    /* b"</s>" as a little-endian number. */
    #define W2V_SENTENCE_END UINT64_C(0x3e732f3c)

    /* Words are compared as little-endian numbers on every machine, so that the first
       k bytes of a word are the k lowest bytes of the number. */
    static inline uint64_t w2v_load(const void *bytes) {
        uint64_t number;
        memcpy(&number, bytes, 8);
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        number = __builtin_bswap64(number);
    #endif
        return number;
    }
    static inline void w2v_store(void *bytes, uint64_t number) {
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        number = __builtin_bswap64(number);
    #endif
        memcpy(bytes, &number, 8);
    }

    #if defined(__GNUC__) || defined(__clang__)
    #define w2v_prefetch(address) __builtin_prefetch(address)
    #else
    #define w2v_prefetch(address) ((void)(address))
    #endif
    """
    const uint64_t MULTIPLIER_1 "W2V_MULTIPLIER_1"
    const uint64_t MULTIPLIER_2 "W2V_MULTIPLIER_2"
    const uint64_t ALL_BITS "W2V_ALL_BITS"
    const uint64_t SENTENCE_END "W2V_SENTENCE_END"
    uint64_t load "w2v_load" (const void* bytes) noexcept nogil
    void store "w2v_store" (void* bytes, uint64_t number) noexcept nogil
    void prefetch "w2v_prefetch" (const void* address) noexcept nogil

cdef enum:
    INLINE_BYTES = 16   # longest word that a token and a slot hold themselves [bytes]
    LONG_WORD = 17      # Slot.length of a longer word
    END_SIZE = -1       # Token.size of a sentence end


cdef struct Token:
    # A word to be looked up, or a sentence end.
    uint64_t head          # first 8 bytes, zero-filled; of a long word, its hash
    uint64_t tail          # the next 8 bytes; of a long word, 0
    uint64_t hash
    const uint8_t* start   # the bytes; used for long words only
    int64_t size           # [bytes]; END_SIZE for a sentence end


cdef inline uint64_t low_bytes(int64_t n) noexcept nogil:
    # The lowest n bytes set, n in 0..8.  Two shifts, as one by 64 bits is undefined.
    return (ALL_BITS >> (4 * (8 - n))) >> (4 * (8 - n))


cdef inline uint64_t mix(uint64_t head, uint64_t tail, uint32_t length) noexcept nogil:
    # Every input bit affects the highest bits, which index the table of words, and
    # the lowest bits, which index the set of pruned words.
    cdef uint64_t h = (head ^ length) * MULTIPLIER_1
    h = (h ^ (h >> 32) ^ tail) * MULTIPLIER_2
    return h ^ (h >> 32)


cdef uint64_t hash_long(const uint8_t* start, int64_t size) noexcept nogil:
    # Reads no byte after the word, because `start` may be any memory.
    cdef uint64_t h = <uint64_t>size
    cdef int64_t i = 0
    while i + 8 <= size:
        h = (h ^ load(start + i)) * MULTIPLIER_1
        h ^= h >> 32
        i += 8
    h = (h ^ load(start + size - 8)) * MULTIPLIER_2
    return h ^ (h >> 29)


cdef inline uint32_t slot_length(int64_t size) noexcept nogil:
    return <uint32_t>size if size <= INLINE_BYTES else LONG_WORD


cdef inline void make_token(
    Token* token, const uint8_t* start, int64_t size
) noexcept nogil:
    # OUT token: the word, or a sentence end for `</s>`.  Reads 16 bytes from `start`,
    # however short the word.
    if size <= INLINE_BYTES:
        token.head = load(start) & low_bytes(size if size < 8 else 8)
        token.tail = load(start + 8) & low_bytes(size - 8 if size > 8 else 0)
    else:
        token.head = hash_long(start, size)
        token.tail = 0
    finish_token(token, start, size)


cdef inline void finish_token(
    Token* token, const uint8_t* start, int64_t size
) noexcept nogil:
    # INOUT token, of which head and tail are known.
    token.start = start
    token.size = size
    token.hash = mix(token.head, token.tail, slot_length(size))
    if token.head == SENTENCE_END and size == 4:
        token.size = END_SIZE


cdef inline void make_integer_token(Token* token, int64_t value) noexcept nogil:
    # An integer is stored as a word of eight bytes.
    token.head = <uint64_t>value
    token.tail = 0
    token.size = 8
    token.hash = mix(token.head, 0, 8)
