# The dictionary: an open-addressed hash table with linear probing.
#
# A slot holds a word of up to 16 bytes itself, so that finding it touches one cache
# line; longer words are stored in an arena.  Part of _text.pyx.

from libc.stdint cimport (
    SIZE_MAX,
    int32_t,
    int64_t,
    uint8_t,
    uint32_t,
    uint64_t,
    uintptr_t,
)
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcmp, memcpy

cdef enum:
    END = 0             # id of a sentence end; also Slot.id of a free slot
    UNKNOWN_ID = -1     # id of a word that was pruned or is not in a dictionary
    NO_MEMORY = -2      # results below UNKNOWN_ID are errors; the caller raises them
    TOO_MANY = -3
    BAD_VALUE = -4
    FIRST_CAPACITY = 4096
    CACHE_LINE = 64     # [bytes]


cdef struct Slot:
    # 32 bytes, two to a cache line.
    uint64_t head      # as in Token
    uint64_t tail      # as in Token; of a long word, its offset in the arena
    int64_t count
    uint32_t length    # [bytes]; LONG_WORD for a long word
    int32_t id         # 0: the slot is free

cdef struct Table:
    Slot* slots              # (capacity,), aligned to cache lines
    void* memory             # the allocation that holds `slots`
    int64_t capacity         # a power of two
    int shift                # hash >> shift is the index of the first slot to try
    int64_t n_words          # words in the table
    int64_t next_id          # ids are given in increasing order and not reused
    int64_t last_id          # the largest id allowed
    uint8_t* arena           # long words: 8 bytes of size, then the word
    int64_t arena_used       # [bytes]
    int64_t arena_capacity   # [bytes]
    int64_t prune_above      # prune if there are more words; 0: never
    bint readmits            # whether a pruned word may be added again
    int64_t threshold        # words with this count or less were pruned
    uint64_t* pruned         # (pruned_capacity,) hashes of pruned words; 0: free
    int64_t pruned_capacity  # a power of two, or 0
    int64_t pruned_words
    int64_t pruned_tokens


cdef inline size_t bytes_for(int64_t n, size_t item_size) noexcept nogil:
    # The size of n items; if that overflows, a size that no allocation can satisfy.
    cdef size_t most = SIZE_MAX // 2
    return <size_t>n * item_size if <uint64_t>n <= most // item_size else most


cdef int set_capacity(Table* table, int64_t capacity) noexcept nogil:
    # Gives `table` new, free slots; the caller frees the old ones.
    cdef void* memory = calloc(bytes_for(capacity + 2, sizeof(Slot)), 1)
    cdef int shift = 64
    if memory == NULL:
        return NO_MEMORY
    while (<int64_t>1 << (64 - shift)) < capacity:
        shift -= 1
    table.memory = memory
    table.slots = <Slot*>(
        (<uintptr_t>memory + CACHE_LINE - 1) & ~<uintptr_t>(CACHE_LINE - 1)
    )
    table.capacity = capacity
    table.shift = shift
    return 0


cdef void free_table(Table* table) noexcept nogil:
    free(table.memory)
    free(table.arena)
    free(table.pruned)


# ---------------------------------------------------------------------------
# Looking words up
# ---------------------------------------------------------------------------

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
    cdef uint64_t index = token.hash >> table.shift
    cdef uint32_t length = slot_length(token.size)
    cdef Slot* slot
    while True:
        slot = &table.slots[index]
        if slot.id == 0:
            return slot
        if slot.head == token.head and slot.length == length:
            if slot.tail == token.tail and length != LONG_WORD:
                return slot
            if length == LONG_WORD and same_long(table, slot, token):
                return slot
        index = (index + 1) & (table.capacity - 1)


cdef inline void prefetch_slot(const Table* table, const Token* token) noexcept nogil:
    prefetch(&table.slots[token.hash >> table.shift])


cdef inline uint64_t slot_hash(const Slot* slot) noexcept nogil:
    return mix(slot.head, 0 if slot.length == LONG_WORD else slot.tail, slot.length)


cdef void slot_token(const Table* table, const Slot* slot, Token* token) noexcept nogil:
    # OUT token: the word of a slot, to be looked up in another table.
    token.head = slot.head
    token.tail = slot.tail
    token.size = slot.length
    token.hash = slot_hash(slot)
    token.start = NULL
    if slot.length == LONG_WORD:
        token.tail = 0
        token.size = long_size(table, slot)
        token.start = long_bytes(table, slot)


# ---------------------------------------------------------------------------
# Growing
# ---------------------------------------------------------------------------

cdef int64_t arena_append(Table* table, const Token* token) noexcept nogil:
    # Returns the word's offset in the arena, or NO_MEMORY.
    cdef int64_t offset = table.arena_used
    cdef int64_t needed = offset + 8 + token.size
    cdef int64_t capacity = table.arena_capacity
    cdef uint8_t* arena
    if needed > capacity:
        capacity = needed + capacity // 2 + 4096
        arena = <uint8_t*>realloc(table.arena, bytes_for(capacity, 1))
        if arena == NULL:
            return NO_MEMORY
        table.arena = arena
        table.arena_capacity = capacity
    store(table.arena + offset, <uint64_t>token.size)
    memcpy(table.arena + offset + 8, token.start, <size_t>token.size)
    table.arena_used = needed
    return offset


cdef void insert_slot(Table* table, const Slot* slot) noexcept nogil:
    # Copies a slot whose word the table does not hold into a free slot.
    cdef uint64_t index = slot_hash(slot) >> table.shift
    while table.slots[index].id != 0:
        index = (index + 1) & <uint64_t>(table.capacity - 1)
    table.slots[index] = slot[0]


cdef int reserve(Table* table, int64_t n_new) noexcept nogil:
    # Keeps the table at most five eighths full after `n_new` more words.
    cdef int64_t capacity = table.capacity
    while 8 * (table.n_words + n_new) > 5 * capacity:
        capacity *= 2
    if capacity == table.capacity:
        return 0
    return rebuild(table, capacity, -1)


# ---------------------------------------------------------------------------
# Counting
# ---------------------------------------------------------------------------

cdef int64_t add_word(
    Table* table, const Token* token, Slot* slot, int64_t count
) noexcept nogil:
    # Adds a word in the free `slot` found for it; returns its id or an error.
    cdef int64_t id = table.next_id
    cdef int64_t tail = <int64_t>token.tail
    if id > table.last_id:
        return TOO_MANY
    if token.size > INLINE_BYTES:
        tail = arena_append(table, token)
        if tail < 0:
            return NO_MEMORY
    slot.head = token.head
    slot.tail = <uint64_t>tail
    slot.count = count
    slot.length = slot_length(token.size)
    slot.id = <int32_t>id
    table.next_id += 1
    table.n_words += 1
    if table.prune_above and table.n_words > table.prune_above and prune(table) < 0:
        return NO_MEMORY
    return id


cdef inline int64_t count_word(
    Table* table, const Token* token, int64_t count
) noexcept nogil:
    # Returns the word's id, UNKNOWN_ID if it was pruned, or an error.  The caller has
    # reserved space for a new word.
    cdef Slot* slot = locate(table, token)
    if slot.id != 0:
        slot.count += count
        return slot.id
    if is_pruned(table, token):
        table.pruned_tokens += count
        return UNKNOWN_ID
    return add_word(table, token, slot, count)


cdef int64_t transfer(
    Table* table, const Table* other, int32_t* id_map, bint insert
) noexcept nogil:
    # OUT id_map, (other.next_id,): the id in `table` of each id of `other`.  Returns 0
    # or an error.  The words come in order of their hashes, so space for all of them
    # is reserved first: a table that grew on the way would get long runs of full slots
    # at its low end.
    cdef Token token
    cdef int64_t id, i
    if insert and reserve(table, other.n_words) < 0:
        return NO_MEMORY
    for i in range(other.capacity):
        if other.slots[i].id == 0:
            continue
        slot_token(other, &other.slots[i], &token)
        if insert:
            id = count_word(table, &token, other.slots[i].count)
        else:
            id = locate(table, &token).id
        if id < UNKNOWN_ID:
            return id
        id_map[other.slots[i].id] = <int32_t>id if id != 0 else UNKNOWN_ID
    return 0
