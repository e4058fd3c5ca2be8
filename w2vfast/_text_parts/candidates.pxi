# Candidates for phrases: found in a stream of ids, counted, scored and written.  Part
# of _text.pyx.
#
# A candidate is two words with nothing but connector words between them, in one
# sentence; its text is all of them with the delimiter between.  Words and candidates
# are counted in one table, so equal texts are one entry, however they came about.

from libc.math cimport INFINITY, log
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy

cdef enum:
    NOWHERE = -1           # no place in a stream of ids
    FIRST_ROOM = 64 * 320  # bytes for the texts of a batch; grows for long ones


# ---------------------------------------------------------------------------
# The text of words and of candidates
# ---------------------------------------------------------------------------

cdef struct Joints:
    const uint8_t* text      # all words, one after the other, and PAD bytes more
    const int64_t* starts    # (V + 1,) row r is text[starts[r]:starts[r + 1]]
    const uint8_t* connects  # (V,) whether the word is a connector word
    const uint8_t* delimiter
    int64_t delimiter_size


cdef inline int64_t word_size(const Joints* joints, int32_t word) noexcept nogil:
    return joints.starts[word + 1] - joints.starts[word]


cdef int64_t joined_size(
    const Joints* joints, const int32_t* words, int64_t n
) noexcept nogil:
    cdef int64_t size = (n - 1) * joints.delimiter_size
    cdef int64_t k
    for k in range(n):
        size += word_size(joints, words[k])
    return size


cdef inline uint8_t* put_word(
    const Joints* joints, int32_t word, uint8_t* out
) noexcept nogil:
    # OUT out; INLINE_BYTES of it are written, however short the word.
    cdef const uint8_t* start = joints.text + joints.starts[word]
    cdef int64_t size = word_size(joints, word)
    if size <= INLINE_BYTES:
        memcpy(out, start, INLINE_BYTES)
    else:
        memcpy(out, start, <size_t>size)
    return out + size


cdef uint8_t* put_joined(
    const Joints* joints, const int32_t* words, int64_t n, uint8_t* out
) noexcept nogil:
    cdef int64_t k
    for k in range(n):
        if k > 0:
            memcpy(out, joints.delimiter, <size_t>joints.delimiter_size)
            out += joints.delimiter_size
        out = put_word(joints, words[k], out)
    return out


cdef void row_token(const Joints* joints, int64_t row, Token* token) noexcept nogil:
    cdef int64_t size = word_size(joints, <int32_t>row)
    cut_word(token, joints.text + joints.starts[row], size)
    token.size = size


# ---------------------------------------------------------------------------
# Candidates in a stream of ids
# ---------------------------------------------------------------------------

cdef struct Walk:
    const Joints* joints
    const int32_t* ids
    int64_t pos        # of the next word
    int64_t stop
    int64_t left       # of the last word of the sentence that is no connector word
    uint8_t* scratch   # the texts of a batch
    int64_t room       # [bytes]


cdef int start_walk(
    Walk* walk, const Joints* joints, const int32_t* ids, int64_t start, int64_t stop
) noexcept nogil:
    # OUT walk, over the candidates whose last word is in ids[start:stop].
    cdef int64_t left = start - 1
    while left >= 0 and ids[left] != END and joints.connects[ids[left]]:
        left -= 1
    walk.joints = joints
    walk.ids = ids
    walk.pos = start
    walk.stop = stop
    walk.left = left if left >= 0 and ids[left] != END else NOWHERE
    walk.scratch = <uint8_t*>malloc(FIRST_ROOM)
    walk.room = FIRST_ROOM
    return 0 if walk.scratch != NULL else NO_MEMORY


cdef int make_room(Walk* walk, int64_t n) noexcept nogil:
    cdef uint8_t* scratch = <uint8_t*>realloc(walk.scratch, bytes_for(2 * n, 1))
    if scratch == NULL:
        return NO_MEMORY
    walk.scratch = scratch
    walk.room = 2 * n
    return 0


cdef int candidate_batch(
    Walk* walk, const Table* table, Token* tokens, int64_t* places
) noexcept nogil:
    # OUT tokens, places: the next candidates and where they end; returns how many, 0
    # at the end, or NO_MEMORY.  The tokens hold until the next call.
    cdef const Joints* joints = walk.joints
    cdef int64_t used = 0
    cdef int64_t n, size
    cdef int32_t id
    cdef int n_tokens = 0
    while walk.pos < walk.stop and n_tokens < BATCH:
        id = walk.ids[walk.pos]
        if id == END:
            walk.left = NOWHERE
        elif not joints.connects[id]:
            if walk.left != NOWHERE:
                n = walk.pos - walk.left + 1
                size = joined_size(joints, walk.ids + walk.left, n)
                if used + size + PAD > walk.room:
                    if n_tokens > 0:
                        break  # tokens point into scratch, which must stay
                    if make_room(walk, size + PAD) < 0:
                        return NO_MEMORY
                put_joined(joints, walk.ids + walk.left, n, walk.scratch + used)
                cut_word(&tokens[n_tokens], walk.scratch + used, size)
                tokens[n_tokens].size = size  # `<` and `s>` joined by `/` end nothing
                prefetch(&table.slots[tokens[n_tokens].hash >> table.shift])
                places[n_tokens] = walk.pos
                n_tokens += 1
                used += size
            walk.left = walk.pos
        walk.pos += 1
    return n_tokens


cdef int64_t count_candidates(Table* table, Walk* walk) noexcept nogil:
    # Returns 0 or an error.
    cdef Token tokens[BATCH]
    cdef int64_t places[BATCH]
    cdef int64_t id
    cdef int n_tokens, k
    while True:
        if reserve(table, BATCH) < 0:
            return NO_MEMORY
        n_tokens = candidate_batch(walk, table, tokens, places)
        if n_tokens <= 0:
            return n_tokens
        for k in range(n_tokens):
            id = count_word(table, &tokens[k], 1)
            if id < LOST_ID:
                return id


# ---------------------------------------------------------------------------
# Scores
# ---------------------------------------------------------------------------

cdef struct Rule:
    bint npmi
    double min_count
    double threshold
    double n_entries   # of the table: words and candidates
    double n_words     # of the corpus


cdef double phrase_score(
    const Rule* rule, int64_t count_a, int64_t count_b, int64_t count_ab
) noexcept nogil:
    # `default_scorer` and `npmi_scorer` of phrases.py, operation by operation.
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
    Table* table, Walk* walk, const Rule* rule, const int64_t* counts, uint8_t* marks
) noexcept nogil:
    # OUT marks: 1 for each place where a phrase ends.  counts: of each row.  The word
    # before a candidate's last one is found again by walking back over connectors.
    cdef Token tokens[BATCH]
    cdef int64_t places[BATCH]
    cdef int64_t start = walk.pos
    cdef int64_t left
    cdef double score
    cdef int n_tokens, k
    while True:
        n_tokens = candidate_batch(walk, table, tokens, places)
        if n_tokens <= 0:
            return n_tokens
        for k in range(n_tokens):
            left = places[k] - 1
            while walk.joints.connects[walk.ids[left]]:
                left -= 1
            score = phrase_score(
                rule,
                counts[walk.ids[left]],
                counts[walk.ids[places[k]]],
                locate(table, &tokens[k]).count,
            )
            marks[places[k] - start] = score > rule.threshold


# ---------------------------------------------------------------------------
# Writing with phrases joined
# ---------------------------------------------------------------------------

cdef struct Writer:
    const Joints* joints
    const int32_t* ids
    uint8_t* out
    bint in_line       # whether the line has a word
    int64_t n_phrases


cdef void write_words(
    Writer* writer, int64_t start, int64_t stop, bint joined
) noexcept nogil:
    # Appends ids[start:stop], words, to the line.
    cdef int64_t pos
    if start == stop:
        return
    if writer.in_line:
        writer.out[0] = 32
        writer.out += 1
    writer.in_line = True
    if joined:
        writer.out = put_joined(
            writer.joints, writer.ids + start, stop - start, writer.out
        )
        return
    for pos in range(start, stop):
        if pos > start:
            writer.out[0] = 32
            writer.out += 1
        writer.out = put_word(writer.joints, writer.ids[pos], writer.out)


cdef int64_t write_joined(
    Writer* writer, int64_t pos, int64_t base, int64_t stop, const uint8_t* marks
) noexcept nogil:
    # Appends ids[pos:stop] as text, phrases joined from left to right; marks[p - base]
    # belongs to ids[p].  Returns the first place that was not written: what follows
    # decides whether a phrase begins there.
    cdef int64_t first = NOWHERE  # where a phrase may begin
    while pos < stop:
        if writer.ids[pos] == END:
            if first != NOWHERE:
                write_words(writer, first, pos, False)
                first = NOWHERE
            writer.out[0] = 10
            writer.out += 1
            writer.in_line = False
        elif writer.joints.connects[writer.ids[pos]]:
            if first == NOWHERE:
                write_words(writer, pos, pos + 1, False)
        elif first == NOWHERE:
            first = pos
        elif marks[pos - base]:
            write_words(writer, first, pos + 1, True)
            writer.n_phrases += 1
            first = NOWHERE
        else:
            write_words(writer, first, pos, False)
            first = pos
        pos += 1
    return stop if first == NOWHERE else first


# ---------------------------------------------------------------------------
# Entries of a table of counts
# ---------------------------------------------------------------------------

cdef int reserve_scratch(
    const Table* table, const Slot* slot, uint8_t** scratch, int64_t* room
) noexcept nogil:
    # INOUT scratch, room: enough for the slot's word and what cut_word reads behind.
    cdef int64_t size = INLINE_BYTES
    cdef uint8_t* larger
    if slot.length == LONG_WORD:
        size = long_size(table, slot)
    size += PAD
    if size <= room[0]:
        return 0
    larger = <uint8_t*>realloc(scratch[0], bytes_for(2 * size, 1))
    if larger == NULL:
        return NO_MEMORY
    scratch[0] = larger
    room[0] = 2 * size
    return 0


cdef double entry_score(
    Table* table, const Slot* slot, const Rule* rule, const uint8_t* glue,
    int64_t glue_size, uint8_t* scratch,
) noexcept nogil:
    # The score of an entry by its first and last part; -inf if it has only one.
    cdef int64_t first = NOWHERE
    cdef int64_t last = 0
    cdef int64_t pos = 0
    cdef int64_t size = slot.length
    cdef Token a, b
    if slot.length == LONG_WORD:
        size = long_size(table, slot)
        memcpy(scratch, long_bytes(table, slot), <size_t>size)
    else:
        store(scratch, slot.head)
        store(scratch + 8, slot.tail)
    while pos + glue_size <= size:
        if memcmp(scratch + pos, glue, <size_t>glue_size) == 0:
            first = pos if first == NOWHERE else first
            pos += glue_size
            last = pos
        else:
            pos += 1
    if first == NOWHERE:
        return -INFINITY
    cut_word(&a, scratch, first)
    a.size = first
    cut_word(&b, scratch + last, size - last)
    b.size = size - last
    return phrase_score(
        rule, locate(table, &a).count, locate(table, &b).count, slot.count
    )
