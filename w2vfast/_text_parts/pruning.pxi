# Pruning: removing the rarest words of a table that has too many.  Part of _text.pyx.
#
# Pruned words that must not return are remembered by their 64-bit hashes alone: after
# n pruned words, another word is mistaken for one of them with probability n / 2**64.

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

cdef enum:
    FIRST_PRUNED_CAPACITY = 1024


cdef inline uint64_t pruned_key(uint64_t word_hash) noexcept nogil:
    return word_hash if word_hash != 0 else 1  # 0 marks a free element


cdef inline uint64_t* locate_pruned(
    uint64_t* pruned, int64_t capacity, uint64_t word_hash
) noexcept nogil:
    # The element of a pruned word's hash, or the free element where it belongs.
    cdef uint64_t key = pruned_key(word_hash)
    cdef uint64_t index = key & <uint64_t>(capacity - 1)
    while pruned[index] != 0 and pruned[index] != key:
        index = (index + 1) & <uint64_t>(capacity - 1)
    return &pruned[index]


cdef inline bint is_pruned(Table* table, const Token* token) noexcept nogil:
    if table.pruned_words == 0:
        return False
    return locate_pruned(table.pruned, table.pruned_capacity, token.hash)[0] != 0


cdef int reserve_pruned(Table* table, int64_t n_new) noexcept nogil:
    # Keeps the set of pruned words at most half full after `n_new` more.
    cdef int64_t capacity = table.pruned_capacity
    cdef uint64_t* pruned
    cdef int64_t i
    if capacity == 0:
        capacity = FIRST_PRUNED_CAPACITY
    while 2 * (table.pruned_words + n_new) > capacity:
        capacity *= 2
    if capacity == table.pruned_capacity:
        return 0
    pruned = <uint64_t*>calloc(bytes_for(capacity, sizeof(uint64_t)), 1)
    if pruned == NULL:
        return NO_MEMORY
    for i in range(table.pruned_capacity):
        if table.pruned[i] != 0:
            locate_pruned(pruned, capacity, table.pruned[i])[0] = table.pruned[i]
    free(table.pruned)
    table.pruned = pruned
    table.pruned_capacity = capacity
    return 0


cdef void remember_pruned(Table* table, const Slot* slot) noexcept nogil:
    cdef uint64_t word_hash = slot_hash(slot)
    cdef uint64_t* element = locate_pruned(
        table.pruned, table.pruned_capacity, word_hash
    )
    element[0] = pruned_key(word_hash)
    table.pruned_words += 1
    table.pruned_tokens += slot.count


cdef int rebuild(Table* table, int64_t capacity, int64_t threshold) noexcept nogil:
    # New slots for the words with a count above `threshold`; the others are pruned.
    # The caller has reserved space in the set of pruned words.
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
            insert_slot(table, &old[i])
            continue
        table.n_words -= 1
        if not table.readmits:
            remember_pruned(table, &old[i])
    free(memory)
    return 0


cdef int64_t words_up_to(const Table* table, int64_t threshold) noexcept nogil:
    cdef int64_t found = 0
    cdef int64_t i
    for i in range(table.capacity):
        found += table.slots[i].id != 0 and table.slots[i].count <= threshold
    return found


cdef int compact_arena(Table* table) noexcept nogil:
    # Frees the memory of pruned long words.
    cdef uint8_t* old = table.arena
    cdef Token token
    cdef Slot* slot
    cdef int64_t i
    table.arena = <uint8_t*>malloc(bytes_for(table.arena_used + 1, 1))
    if table.arena == NULL:
        table.arena = old
        return NO_MEMORY
    table.arena_capacity = table.arena_used + 1
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
    # Removes the rarest words until at most `prune_above` are left.  The threshold
    # only rises, so that pruning stays rare.
    cdef int64_t n_pruned = 0
    while table.n_words - n_pruned > table.prune_above:
        table.threshold += 1
        n_pruned = words_up_to(table, table.threshold)
    if not table.readmits and reserve_pruned(table, n_pruned) < 0:
        return NO_MEMORY
    if rebuild(table, table.capacity, table.threshold) < 0:
        return NO_MEMORY
    return compact_arena(table)
