# Blocks of bytes: carriage returns, white space, and where to cut.  Part of _text.pyx.

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memchr, memmove, memset


cdef check_length(str name, int64_t size, int64_t n):
    if n < 0 or n > size:
        raise ValueError(f"{name}: n must be within text, in 0 to {size}, got {n}")


def drop_carriage_returns(uint8_t[::1] text, int64_t n):
    """Remove carriage returns from text[:n] in place; return the new length."""
    cdef int64_t n_left = n
    check_length("drop_carriage_returns", text.shape[0], n)
    if n > 0:
        with nogil:
            n_left = remove_carriage_returns(&text[0], n)
    return n_left


cdef int64_t remove_carriage_returns(uint8_t* text, int64_t n) noexcept nogil:
    cdef uint8_t* stop = text + n
    cdef uint8_t* found = <uint8_t*>memchr(text, c"\r", <size_t>n)
    cdef uint8_t* write = found
    cdef uint8_t* next_found
    if found == NULL:
        return n
    while found < stop:
        next_found = <uint8_t*>memchr(found + 1, c"\r", <size_t>(stop - found - 1))
        if next_found == NULL:
            next_found = stop
        memmove(write, found + 1, <size_t>(next_found - found - 1))
        write += next_found - found - 1
        found = next_found
    return write - text


def blank_white_space(uint8_t[::1] text, int64_t n):
    """Replace Unicode white space in text[:n], except tabs and newlines, by spaces.

    Unicode white space is what `str.split` splits at.  The text is UTF-8; a character
    that is cut off at n is not changed.
    """
    check_length("blank_white_space", text.shape[0], n)
    if n > 0:
        with nogil:
            blank_text(&text[0], n)


cdef void blank_text(uint8_t* text, int64_t n) noexcept nogil:
    cdef int64_t i = 0
    cdef int64_t size
    while i < n:
        size = 0
        if text[i] < c" ":
            size = text[i] in (11, 12, 13) or text[i] >= 28  # \v \f \r; FS GS RS US
        elif text[i] >= 0xC2:
            size = wide_space(text + i, n - i)
        if size:
            memset(text + i, c" ", <size_t>size)
        i += size if size else 1


cdef inline int64_t wide_space(const uint8_t* text, int64_t n) noexcept nogil:
    # Bytes of the non-ASCII white space in UTF-8 with which text[:n] begins, or 0.
    if n >= 2 and text[0] == 0xC2:  # U+0085, U+00A0
        return 2 if text[1] == 0x85 or text[1] == 0xA0 else 0
    if n < 3:
        return 0
    if text[0] == 0xE1:  # U+1680
        return 3 if text[1] == 0x9A and text[2] == 0x80 else 0
    if text[0] == 0xE3:  # U+3000
        return 3 if text[1] == 0x80 and text[2] == 0x80 else 0
    if text[0] != 0xE2:
        return 0
    if text[1] == 0x81:  # U+205F
        return 3 if text[2] == 0x9F else 0
    if text[1] != 0x80:  # U+2000 to U+200A, U+2028, U+2029, U+202F
        return 0
    return 3 if 0x80 <= text[2] <= 0x8A or text[2] in (0xA8, 0xA9, 0xAF) else 0


def after_white_space(const uint8_t[::1] text, int64_t n):
    """Return the offset after the last space, tab or newline in text[:n], or 0."""
    check_length("after_white_space", text.shape[0], n)
    with nogil:
        while n > 0:
            if text[n - 1] == c" " or text[n - 1] == c"\n" or text[n - 1] == c"\t":
                break
            n -= 1
    return n


def has_byte(const uint8_t[::1] text, int64_t n, uint8_t byte):
    """Return whether `byte` occurs in text[:n]."""
    check_length("has_byte", text.shape[0], n)
    return n > 0 and memchr(&text[0], byte, <size_t>n) != NULL
