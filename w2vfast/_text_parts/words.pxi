# The dictionary: an open-addressed table with linear probing.
#
# A slot holds a word of up to 16 bytes whole, so that finding it touches one cache
# line; longer words lie in an arena.  Part of _text.pyx.

from libc.stdint cimport (
    SIZE_MAX,
    int32_t,
    int64_t,
    uint8_t,
    uint32_t,
    uint64_t,
    uintptr_t,
)
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy

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
    END = 0             # id of a sentence end; also Slot.id of a free slot
    LOST_ID = -1        # id of a word that was pruned
    NO_MEMORY = -2      # results that are not ids; the caller raises
    TOO_MANY = -3
    BAD_VALUE = -4
    INLINE_BYTES = 16   # a slot holds words of at most this many bytes
    LONG_WORD = 17      # what Slot.length says of longer ones
    FIRST_CAPACITY = 4096
    LINE = 64           # bytes of a cache line


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
    # OUT token: the word, or a sentence end for `</s>`.  16 bytes from `start` on are
    # read, however short the word.
    if size <= INLINE_BYTES:
        token.head = load(start) & low_bytes(size if size < 8 else 8)
        token.tail = load(start + 8) & low_bytes(size - 8 if size > 8 else 0)
    else:
        token.head = hash_long(start, size)
        token.tail = 0
    token.start = start
    token.size = size
    token.hash = mix(token.head, token.tail, slot_length(size))
    if token.head == SENTENCE_END and size == 4:
        token.size = END_SIZE


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
    bint forgets            # pruned words may come back; else they stay out
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
        elif table.forgets:
            table.live -= 1
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
    if not table.forgets and reserve_lost(table, going) < 0:
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
