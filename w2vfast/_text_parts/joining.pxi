# Writing a stream of ids as text with its phrases joined.  Part of _text.pyx.

from libc.stdint cimport int32_t, int64_t, uint8_t


cdef struct Writer:
    const Lexicon* lexicon
    const int32_t* ids
    uint8_t* out
    bint in_line       # whether the current line has a word
    int64_t n_phrases


cdef void write_words(
    Writer* writer, int64_t start, int64_t stop, bint joined
) noexcept nogil:
    # Appends ids[start:stop], which are words, to the current line.
    cdef int64_t pos
    if start == stop:
        return
    if writer.in_line:
        writer.out[0] = c" "
        writer.out += 1
    writer.in_line = True
    if joined:
        writer.out = put_joined(
            writer.lexicon, writer.ids + start, stop - start, writer.out
        )
        return
    for pos in range(start, stop):
        if pos > start:
            writer.out[0] = c" "
            writer.out += 1
        writer.out = put_word(writer.lexicon, writer.ids[pos], writer.out)


cdef inline void write_line_end(Writer* writer) noexcept nogil:
    writer.out[0] = c"\n"
    writer.out += 1
    writer.in_line = False


cdef int64_t write_joined(
    Writer* writer, int64_t pos, int64_t base, int64_t stop, const uint8_t* marks
) noexcept nogil:
    # Appends ids[pos:stop] as text, joining phrases from left to right; marks[p - base]
    # belongs to ids[p].  Returns the first position that was not written: the next ids
    # decide whether a phrase begins there.
    cdef int64_t first = NO_POSITION  # where a phrase may begin
    while pos < stop:
        if writer.ids[pos] == END:
            if first != NO_POSITION:
                write_words(writer, first, pos, False)
                first = NO_POSITION
            write_line_end(writer)
        elif writer.lexicon.is_connector[writer.ids[pos]]:
            if first == NO_POSITION:
                write_words(writer, pos, pos + 1, False)
        elif first == NO_POSITION:
            first = pos
        elif marks[pos - base]:
            write_words(writer, first, pos + 1, True)
            writer.n_phrases += 1
            first = NO_POSITION
        else:
            write_words(writer, first, pos, False)
            first = pos
        pos += 1
    return stop if first == NO_POSITION else first
