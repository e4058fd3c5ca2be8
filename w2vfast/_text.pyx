"""Split text into words, count them and write their ids, without the GIL.

A `WordCounter` is one thread's dictionary.  Words get provisional ids from 1 in the
order in which that thread first meets them; 0 is a sentence end, `LOST` a word that
was pruned.  `w2vfast.corpus` merges the dictionaries of all threads, orders the
vocabulary and has `renumber` turn provisional ids into final ones.

Blocks of text are cut at white space, so that no word lies in two of them.  All
byte offsets, positions and counts are 64-bit.

The table is open-addressed with linear probing.  A slot holds a word of up to 16
bytes whole, so that finding it touches one cache line; longer words lie in an arena.
Words are looked up in batches: the slots of a batch are prefetched while its words
are cut.
"""

from operator import index

import numpy as np

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_Check, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_Check, PyUnicode_DecodeUTF8
from libc.stdint cimport (
    INT32_MAX,
    INT64_MAX,
    SIZE_MAX,
    int32_t,
    int64_t,
    uint8_t,
    uint32_t,
    uint64_t,
    uintptr_t,
)
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memchr, memcmp, memcpy, memmove

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    bint PyUnicode_IS_ASCII(object text)
    bint PyLong_CheckExact(object number)
    int64_t PyLong_AsLongLongAndOverflow(object number, int* overflow) except? -1

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    /* Odd numbers with about half of their bits set, from splitmix64. */
    #define W2V_MULTIPLIER_1 UINT64_C(0x9e3779b97f4a7c15)
    #define W2V_MULTIPLIER_2 UINT64_C(0xbf58476d1ce4e5b9)
    #define W2V_LOW_BITS UINT64_C(0x7f7f7f7f7f7f7f7f)
    #define W2V_HIGH_BITS UINT64_C(0x8080808080808080)
    #define W2V_ALL_BITS UINT64_C(0xffffffffffffffff)
    /* Added to a byte below 0x80, sets its highest bit if it is above 0x20. */
    #define W2V_ABOVE_SPACE UINT64_C(0x5f5f5f5f5f5f5f5f)
    /* Times eight bytes of 0 or 1, puts these into the highest byte, as bits. */
    #define W2V_GATHER UINT64_C(0x0102040810204080)
    /* b"</s>" as a little-endian number. */
    #define W2V_SENTENCE_END UINT64_C(0x3e732f3c)

    /* Words are compared as little-endian numbers on every machine, so that "the
       first k bytes" are the k lowest ones. */
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

    /* Place of the lowest set bit; `bits` is not 0. */
    #if defined(__GNUC__) || defined(__clang__)
    #define w2v_lowest_bit(bits) __builtin_ctzll(bits)
    #define w2v_prefetch(address) __builtin_prefetch(address)
    #else
    #define w2v_prefetch(address) ((void)(address))
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
    const uint64_t MULTIPLIER_1 "W2V_MULTIPLIER_1"
    const uint64_t MULTIPLIER_2 "W2V_MULTIPLIER_2"
    const uint64_t LOW_BITS "W2V_LOW_BITS"
    const uint64_t HIGH_BITS "W2V_HIGH_BITS"
    const uint64_t ALL_BITS "W2V_ALL_BITS"
    const uint64_t ABOVE_SPACE "W2V_ABOVE_SPACE"
    const uint64_t GATHER "W2V_GATHER"
    const uint64_t SENTENCE_END "W2V_SENTENCE_END"
    uint64_t load "w2v_load" (const void* bytes) noexcept nogil
    void store "w2v_store" (void* bytes, uint64_t number) noexcept nogil
    int lowest_bit "w2v_lowest_bit" (uint64_t bits) noexcept nogil
    void prefetch "w2v_prefetch" (const void* address) noexcept nogil

ctypedef fused index_t:
    int32_t
    int64_t

cdef enum:
    END = 0             # id of a sentence end; also Slot.id of a free slot
    LOST_ID = -1        # id of a word that was pruned
    NO_MEMORY = -2      # results that are not ids; the caller raises
    TOO_MANY = -3
    BAD_VALUE = -4
    INLINE_BYTES = 16   # a slot holds words of at most this many bytes
    LONG_WORD = 17      # what Slot.length says of longer ones
    EXACT_BYTES = 98    # what the C program keeps of a word [bytes]
    WINDOW = 64         # bytes whose white space is found at once
    WINDOW_TOKENS = 66  # a window gives at most 64 ends, or 33 words and 32 ends
    BATCH = 320         # tokens that are prefetched together
    BATCH_WINDOWS = BATCH - WINDOW_TOKENS
    FIRST_CAPACITY = 4096
    PAD = 80            # bytes behind a block that may be read: a window and a word
    LINE = 64           # bytes of a cache line

cdef enum:  # What a value that equals `skip` does in an array of ids.
    SKIP_NONE = 0
    SKIP_PADDING = 1
    SKIP_SEPARATOR = 2

cdef enum:
    KIND_UNKNOWN = 0
    KIND_TEXT = 1
    KIND_INTEGER = 2

PADDING = PAD
LOST = LOST_ID


# ---------------------------------------------------------------------------
# Words
# ---------------------------------------------------------------------------

cdef struct Token:
    # A word on its way into the table, or a sentence end.
    uint64_t head          # first 8 bytes, zero-filled; of a long word, its hash
    uint64_t tail          # the next 8 bytes; of a long word, 0
    uint64_t hash
    const uint8_t* start   # the bytes; used for long words only
    int64_t size           # [bytes]; END_SIZE is a sentence end

cdef enum:
    END_SIZE = -1


cdef inline uint64_t low_bytes(int64_t n) noexcept nogil:
    # The lowest n bytes set, n in 0..8: two shifts, as one of 64 bits is undefined.
    return (ALL_BITS >> (4 * (8 - n))) >> (4 * (8 - n))


cdef inline uint64_t mix(uint64_t head, uint64_t tail, uint32_t length) noexcept nogil:
    # Every input bit reaches the highest bits, which are the place in the table.
    cdef uint64_t h = (head ^ length) * MULTIPLIER_1
    h = (h ^ (h >> 32) ^ tail) * MULTIPLIER_2
    return h ^ (h >> 32)  # and the lowest, which are the place among lost words


cdef uint64_t hash_long(const uint8_t* start, int64_t size) noexcept nogil:
    # Reads no byte behind the word: `start` may be any memory.
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


cdef inline void cut_word(
    Token* token, const uint8_t* start, int64_t size
) noexcept nogil:
    # OUT token.  16 bytes from `start` on are read, however short the word.
    if size <= INLINE_BYTES:
        token.head = load(start) & low_bytes(size if size < 8 else 8)
        token.tail = load(start + 8) & low_bytes(size - 8 if size > 8 else 0)
    else:
        token.head = hash_long(start, size)
        token.tail = 0
    token.start = start
    token.size = size
    token.hash = mix(token.head, token.tail, slot_length(size))


cdef inline void cut_value(Token* token, int64_t value) noexcept nogil:
    # An integer is a word of eight bytes.
    token.head = <uint64_t>value
    token.tail = 0
    token.size = 8
    token.hash = mix(token.head, 0, 8)


# ---------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------

cdef struct Slot:
    # 32 bytes, two to a cache line.
    uint64_t head      # as in Token
    uint64_t tail      # as in Token; of a long word, its place in the arena
    int64_t count
    uint32_t length    # [bytes]; LONG_WORD for a long word
    int32_t id         # 0: the slot is free

cdef struct Table:
    Slot* slots             # (capacity,), aligned to cache lines
    void* memory            # what to free
    int64_t capacity        # a power of two
    int shift               # hash >> shift is a place
    int64_t live            # words in the table
    int64_t next_id         # ids below it were given; never given twice
    int64_t last_id         # the largest id there may be
    uint8_t* arena          # long words: 8 bytes of size, then the word
    int64_t arena_used
    int64_t arena_room
    int64_t max_live        # prune above it; 0: never
    int64_t threshold       # words counted at most so often were pruned
    uint64_t* lost          # (lost_capacity,) hashes of pruned words; 0: free
    int64_t lost_capacity   # a power of two, or 0
    int64_t lost_words
    int64_t lost_tokens


cdef inline size_t bytes_for(int64_t n, size_t each) noexcept nogil:
    # What to ask for; where it does not fit in a size_t, more than there ever is.
    cdef size_t most = SIZE_MAX // 2
    return <size_t>n * each if <uint64_t>n <= most // each else most


cdef int set_capacity(Table* table, int64_t capacity) noexcept nogil:
    # Gives `table` new, free slots; the caller owns the old ones.
    cdef void* memory = calloc(bytes_for(capacity + 2, sizeof(Slot)), 1)
    cdef int shift = 64
    if memory == NULL:
        return NO_MEMORY
    while (<int64_t>1 << (64 - shift)) < capacity:
        shift -= 1
    table.memory = memory
    table.slots = <Slot*>((<uintptr_t>memory + LINE - 1) & ~<uintptr_t>(LINE - 1))
    table.capacity = capacity
    table.shift = shift
    return 0


cdef inline const uint8_t* long_bytes(
    const Table* table, const Slot* slot
) noexcept nogil:
    return table.arena + slot.tail + 8


cdef inline int64_t long_size(const Table* table, const Slot* slot) noexcept nogil:
    return <int64_t>load(table.arena + slot.tail)


cdef bint same_long(
    const Table* table, const Slot* slot, const Token* token
) noexcept nogil:
    if long_size(table, slot) != token.size:
        return False
    return memcmp(long_bytes(table, slot), token.start, <size_t>token.size) == 0


cdef inline Slot* locate(Table* table, const Token* token) noexcept nogil:
    # The slot of the word, or the free slot where it belongs.
    cdef uint64_t place = token.hash >> table.shift
    cdef uint32_t length = slot_length(token.size)
    cdef Slot* slot
    while True:
        slot = &table.slots[place]
        if slot.id == 0:
            return slot
        if slot.head == token.head and slot.length == length:
            if slot.tail == token.tail and length != LONG_WORD:
                return slot
            if length == LONG_WORD and same_long(table, slot, token):
                return slot
        place = (place + 1) & (table.capacity - 1)


cdef int64_t arena_append(Table* table, const Token* token) noexcept nogil:
    # Returns the word's place in the arena, or NO_MEMORY.
    cdef int64_t place = table.arena_used
    cdef int64_t needed = place + 8 + token.size
    cdef int64_t room = table.arena_room
    cdef uint8_t* arena
    if needed > room:
        room = needed + room // 2 + 4096
        arena = <uint8_t*>realloc(table.arena, bytes_for(room, 1))
        if arena == NULL:
            return NO_MEMORY
        table.arena = arena
        table.arena_room = room
    store(table.arena + place, <uint64_t>token.size)
    memcpy(table.arena + place + 8, token.start, <size_t>token.size)
    table.arena_used = needed
    return place


cdef inline uint64_t slot_hash(const Slot* slot) noexcept nogil:
    return mix(slot.head, 0 if slot.length == LONG_WORD else slot.tail, slot.length)


cdef void slot_token(const Table* table, const Slot* slot, Token* token) noexcept nogil:
    # OUT token: the word of a slot, for another table.
    token.head = slot.head
    token.tail = slot.tail
    token.size = slot.length
    token.hash = slot_hash(slot)
    if slot.length == LONG_WORD:
        token.tail = 0
        token.size = long_size(table, slot)
        token.start = long_bytes(table, slot)


# ---------------------------------------------------------------------------
# Growing and pruning
# ---------------------------------------------------------------------------

cdef inline uint64_t lost_key(uint64_t word_hash) noexcept nogil:
    return word_hash if word_hash != 0 else 1  # 0 is a free place


cdef inline uint64_t* locate_lost(
    uint64_t* lost, int64_t capacity, uint64_t word_hash
) noexcept nogil:
    # The place of a pruned word's hash, or the free place where it belongs.
    cdef uint64_t key = lost_key(word_hash)
    cdef uint64_t place = key & <uint64_t>(capacity - 1)
    while lost[place] != 0 and lost[place] != key:
        place = (place + 1) & <uint64_t>(capacity - 1)
    return &lost[place]


cdef inline bint is_lost(Table* table, const Token* token) noexcept nogil:
    # Pruned words are known by their 64-bit hashes alone: of n pruned words, another
    # word is taken for one of them with probability n / 2**64.
    if table.lost_words == 0:
        return False
    return locate_lost(table.lost, table.lost_capacity, token.hash)[0] != 0


cdef int reserve_lost(Table* table, int64_t more) noexcept nogil:
    # Keeps the set of lost words at most half full after `more` of them.
    cdef int64_t capacity = table.lost_capacity if table.lost_capacity else 1024
    cdef uint64_t* lost
    cdef int64_t i
    while 2 * (table.lost_words + more) > capacity:
        capacity *= 2
    if capacity == table.lost_capacity:
        return 0
    lost = <uint64_t*>calloc(bytes_for(capacity, sizeof(uint64_t)), 1)
    if lost == NULL:
        return NO_MEMORY
    for i in range(table.lost_capacity):
        if table.lost[i] != 0:
            locate_lost(lost, capacity, table.lost[i])[0] = table.lost[i]
    free(table.lost)
    table.lost = lost
    table.lost_capacity = capacity
    return 0


cdef void lose(Table* table, const Slot* slot) noexcept nogil:
    cdef uint64_t word_hash = slot_hash(slot)
    locate_lost(table.lost, table.lost_capacity, word_hash)[0] = lost_key(word_hash)
    table.lost_words += 1
    table.lost_tokens += slot.count
    table.live -= 1


cdef void place_slot(Table* table, const Slot* slot) noexcept nogil:
    # Puts a word that the table does not hold into a free slot.
    cdef uint64_t place = slot_hash(slot) >> table.shift
    while table.slots[place].id != 0:
        place = (place + 1) & <uint64_t>(table.capacity - 1)
    table.slots[place] = slot[0]


cdef int rebuild(Table* table, int64_t capacity, int64_t threshold) noexcept nogil:
    # New slots for the words counted more than `threshold` times; the others are
    # lost.  The caller has reserved room for them.
    cdef Slot* old = table.slots
    cdef void* memory = table.memory
    cdef int64_t n = table.capacity
    cdef int64_t i
    if set_capacity(table, capacity) < 0:
        return NO_MEMORY
    for i in range(n):
        if old[i].id == 0:
            continue
        if old[i].count > threshold:
            place_slot(table, &old[i])
        else:
            lose(table, &old[i])
    free(memory)
    return 0


cdef int reserve(Table* table, int64_t more) noexcept nogil:
    # Room for `more` new words at five eighths full.
    cdef int64_t capacity = table.capacity
    while 8 * (table.live + more) > 5 * capacity:
        capacity *= 2
    if capacity == table.capacity:
        return 0
    return rebuild(table, capacity, -1)


cdef int64_t words_up_to(const Table* table, int64_t threshold) noexcept nogil:
    cdef int64_t found = 0
    cdef int64_t i
    for i in range(table.capacity):
        found += table.slots[i].id != 0 and table.slots[i].count <= threshold
    return found


cdef int compact_arena(Table* table) noexcept nogil:
    # Gives back what pruned long words held.
    cdef uint8_t* old = table.arena
    cdef Token token
    cdef Slot* slot
    cdef int64_t i
    table.arena = <uint8_t*>malloc(bytes_for(table.arena_used + 1, 1))
    if table.arena == NULL:
        table.arena = old
        return NO_MEMORY
    table.arena_room = table.arena_used + 1
    table.arena_used = 0
    for i in range(table.capacity):
        slot = &table.slots[i]
        if slot.id != 0 and slot.length == LONG_WORD:
            token.size = <int64_t>load(old + slot.tail)
            token.start = old + slot.tail + 8
            slot.tail = <uint64_t>arena_append(table, &token)
    free(old)
    return 0


cdef int prune(Table* table) noexcept nogil:
    # Drops the rarest words until at most max_live are left.  The threshold only
    # rises, so that pruning stays rare.
    cdef int64_t going = 0
    while table.live - going > table.max_live:
        table.threshold += 1
        going = words_up_to(table, table.threshold)
    if reserve_lost(table, going) < 0:
        return NO_MEMORY
    if rebuild(table, table.capacity, table.threshold) < 0:
        return NO_MEMORY
    return compact_arena(table)


# ---------------------------------------------------------------------------
# Counting
# ---------------------------------------------------------------------------

cdef int64_t add_word(
    Table* table, const Token* token, Slot* slot, int64_t amount
) noexcept nogil:
    # Takes a word in, in the free `slot` found for it; returns its id.
    cdef int64_t id = table.next_id
    cdef int64_t place = <int64_t>token.tail
    if id > table.last_id:
        return TOO_MANY
    if token.size > INLINE_BYTES:
        place = arena_append(table, token)
        if place < 0:
            return NO_MEMORY
    slot.head = token.head
    slot.tail = <uint64_t>place
    slot.count = amount
    slot.length = slot_length(token.size)
    slot.id = <int32_t>id
    table.next_id += 1
    table.live += 1
    if table.max_live and table.live > table.max_live and prune(table) < 0:
        return NO_MEMORY
    return id


cdef inline int64_t count_word(
    Table* table, const Token* token, int64_t amount
) noexcept nogil:
    # The word's id, LOST_ID, or an error.  There is room for a new word.
    cdef Slot* slot = locate(table, token)
    if slot.id != 0:
        slot.count += amount
        return slot.id
    if is_lost(table, token):
        table.lost_tokens += amount
        return LOST_ID
    return add_word(table, token, slot, amount)


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
    if token.head == SENTENCE_END and size == 4:
        token.size = END_SIZE


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


# ---------------------------------------------------------------------------
# Merging
# ---------------------------------------------------------------------------

cdef int64_t transfer(
    Table* table, const Table* other, int32_t* id_map, bint insert
) noexcept nogil:
    # OUT id_map (other.next_id,): for each id of `other`, the one of `table`.  Both
    # tables are walked in order of hash, so room for all must be there before: a
    # table that grows on the way would be crowded at its low end.
    cdef Token token
    cdef int64_t id, i
    if insert and reserve(table, other.live) < 0:
        return NO_MEMORY
    for i in range(other.capacity):
        if other.slots[i].id == 0:
            continue
        slot_token(other, &other.slots[i], &token)
        if insert:
            id = count_word(table, &token, other.slots[i].count)
        else:
            id = locate(table, &token).id
        if id < LOST_ID:
            return id
        id_map[other.slots[i].id] = <int32_t>id if id != 0 else LOST_ID
    return 0


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
            self.set_kind(KIND_INTEGER)
            cut_value(token, as_integer(item))
            return item
        self.set_kind(KIND_TEXT)
        if size <= INLINE_BYTES:
            store(word, 0)
            store(word + 8, 0)
            memcpy(word, start, size)
            cut_word(token, word, size)
            if token.head == SENTENCE_END and size == 4:
                token.size = END_SIZE
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

    def map_ids(self, WordCounter other, bint insert):
        """Return the ids here of the ids of `other`, int32; `LOST` for none."""
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


# ---------------------------------------------------------------------------
# Streams of ids
# ---------------------------------------------------------------------------

def keep_earliest(
    int64_t[::1] first_seen, const int32_t[::1] id_map, const int64_t[::1] keys
):
    """Lower first_seen[id_map[k]], INOUT, to keys[k] where that is less."""
    cdef int64_t k
    if keys.shape[0] > id_map.shape[0]:
        raise ValueError("keep_earliest: more keys than ids")
    with nogil:
        for k in range(keys.shape[0]):
            if id_map[k] >= 0 and keys[k] < first_seen[id_map[k]]:
                first_seen[id_map[k]] = keys[k]


cdef class IdBuffer:
    """A growing int32 array in memory."""

    cdef int32_t* data
    cdef int64_t used   # [ids]
    cdef int64_t room   # [ids]
    cdef int exports    # arrays that look at `data`, which must then stay in place

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.used

    cdef resize(self, int64_t room):
        cdef void* data
        if self.exports:
            raise BufferError("an array still looks at these ids")
        data = realloc(self.data, bytes_for(room if room else 1, sizeof(int32_t)))
        if data == NULL:
            message = (
                f"not enough memory for {room} ids ({4 * room} bytes). Set "
                "memory_limit to keep them in a file"
            )
            raise MemoryError(message)
        self.data = <int32_t*>data
        self.room = room

    def append(self, const int32_t[::1] ids):
        """Copy ids, shape (n,), to the end."""
        cdef int64_t n = ids.shape[0]
        if n == 0:
            return
        if self.used + n > self.room:
            self.resize(self.used + n + self.used // 2)
        with nogil:
            memcpy(self.data + self.used, &ids[0], <size_t>n * sizeof(int32_t))
        self.used += n

    def array(self):
        """Return the ids, shape (len(self),); while it lives, none can be added."""
        return np.frombuffer(self, dtype=np.int32)

    def truncate(self, int64_t n):
        """Keep the first n ids and give the rest of the memory back."""
        if not 0 <= n <= self.used:
            raise ValueError("truncate: n is more than there are ids")
        self.resize(n)
        self.used = n

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        if self.data == NULL:
            self.resize(0)
        PyBuffer_FillInfo(buffer, self, self.data, 4 * self.used, 0, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer* buffer):
        self.exports -= 1


cdef class Renumbering:
    """Turn a run of provisional ids into final ones, in place, block after block.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        INOUT.
    start : int
        Where the run begins.
    exact : bool
        Keep empty sentences; else of several sentence ends in a row only one stays.

    Attributes
    ----------
    start, read, stop : int
        ids[start:read] was read, ids[start:stop] holds what is left of it.
    first, last : int
        First and last provisional id that was read; meaningless before.
    sentences : int
        Sentence ends read, but for exact mode without those of empty sentences.

    Notes
    -----
    What stood before the run is unknown here: a sentence end that it begins with
    stays and counts.  Several threads may work on runs that do not overlap.
    """

    cdef int32_t[::1] ids
    cdef bint exact
    cdef int32_t last_kept
    cdef readonly int64_t start, read, stop, sentences
    cdef readonly int32_t first, last

    def __init__(self, int32_t[::1] ids, int64_t start, bint exact):
        self.ids = ids
        self.exact = exact
        self.start = self.read = self.stop = start
        self.first = self.last = self.last_kept = LOST_ID  # any id but END

    def block(self, int64_t n, const int32_t[::1] final):
        """Renumber the next n ids by `final`, of shape (ids given,); -1 drops."""
        if n < 0 or self.read + n > self.ids.shape[0]:
            raise ValueError("Renumbering: the block is not within ids")
        if n == 0:
            return
        if self.read == self.start:
            self.first = self.ids[self.start]
        with nogil:
            renumber_block(self, &self.ids[0], n, &final[0])
        self.read += n


cdef void renumber_block(
    Renumbering run, int32_t* ids, int64_t n, const int32_t* final
) noexcept nogil:
    # Writes never pass what is read.  Whether an id stays is no branch, because
    # rare words come at random.
    cdef int32_t last = run.last
    cdef int32_t last_kept = run.last_kept
    cdef int64_t sentences = run.sentences
    cdef int64_t stop = run.stop
    cdef int32_t raw, kept
    cdef bint stays
    cdef int64_t i
    for i in range(run.read, run.read + n):
        raw = ids[i]
        kept = final[raw] if raw >= 0 else LOST_ID
        sentences += raw == END and (run.exact or last != END)
        stays = kept > END or (kept == END and (run.exact or last_kept != END))
        ids[stop] = kept
        stop += stays
        last_kept = kept if stays else last_kept
        last = raw
    run.last = last
    run.last_kept = last_kept
    run.sentences = sentences
    run.stop = stop


def move_ids(int32_t[::1] ids, int64_t start, int64_t stop, int64_t to):
    """Move ids[start:stop] to ids[to:]; the two may overlap."""
    if not (0 <= to <= start <= stop <= ids.shape[0]):
        raise ValueError("move_ids: the range is not within ids")
    if start == stop or to == start:
        return
    with nogil:
        memmove(&ids[to], &ids[start], <size_t>(stop - start) * sizeof(int32_t))
