# Built-in tokenizers: a block of text in, its tokens with spaces between them out.
# Part of _text.pyx.

from libc.stdint cimport int64_t, uint8_t, uint32_t

cdef extern from "Python.h":
    # The tables of str.isalnum, str.isdecimal, str.isspace and str.lower.
    bint is_alnum "Py_UNICODE_ISALNUM" (uint32_t point) noexcept nogil
    bint is_decimal "Py_UNICODE_ISDECIMAL" (uint32_t point) noexcept nogil
    bint is_space "Py_UNICODE_ISSPACE" (uint32_t point) noexcept nogil
    uint32_t to_lower "Py_UNICODE_TOLOWER" (uint32_t point) noexcept nogil

cdef enum:
    POINTS = 0x110000   # characters of Unicode
    SIGMA = 0x3A3       # capital sigma
    DOTTED_I = 0x130    # its lower case is an i and a dot, which is no letter
    NEEDS_NEIGHBOURS = -1
    GROWTH = 2          # bytes of tokens for each byte of text, at most
    KEPT_POINT = 0      # values of a table of accents besides other characters
    DROPPED_POINT = 1
    JOINING_POINT = 2
    NO_WORD = 0         # values of ASCII_LOWER for a byte that is no part of a token
    LINE_BREAK = 1

# The lower case of ASCII letters and `_`; NO_WORD or LINE_BREAK for other characters.
cdef uint8_t[128] ASCII_LOWER


cdef fill_ascii_lower():
    for k in range(128):
        is_letter = chr(k).isalpha() or chr(k) == "_"
        ASCII_LOWER[k] = ord(chr(k).lower()) if is_letter else NO_WORD
    ASCII_LOWER[ord("\n")] = LINE_BREAK


fill_ascii_lower()


cdef struct TokenWriter:
    uint8_t* out
    int64_t size      # bytes written
    int64_t start     # of the current token
    int64_t letters   # of the current token [characters]
    int64_t least     # tokens with fewer letters are dropped
    int64_t most      # and tokens with more
    const uint32_t* accents   # (POINTS,) or NULL, see `simple_tokens`


cdef inline void end_token(TokenWriter* writer) noexcept nogil:
    # Keep the current token if its length is within the limits.
    cdef bint good = writer.least <= writer.letters <= writer.most
    if writer.letters == 0:
        return
    if good and writer.out[writer.start] != c"_":
        writer.out[writer.size] = c" "
        writer.start = writer.size + 1
    writer.size = writer.start
    writer.letters = 0


cdef inline void write_newline(TokenWriter* writer) noexcept nogil:
    writer.out[writer.size] = c"\n"
    writer.size += 1
    writer.start = writer.size


cdef inline int read_char(
    const uint8_t* text, int64_t n, uint32_t* point
) noexcept nogil:
    # OUT point: the non-ASCII character with which text[:n] begins.  Returns its bytes;
    # 0 if they are no UTF-8.
    cdef int size = 2 + (text[0] >= 0xE0) + (text[0] >= 0xF0)
    cdef uint32_t value = text[0] & (0x7F >> size)
    cdef int k
    if not 0xC2 <= text[0] <= 0xF4 or n < size:
        return 0
    for k in range(1, size):
        if text[k] & 0xC0 != 0x80:
            return 0
        value = value << 6 | (text[k] & 0x3F)
    point[0] = value
    if size == 3 and (value < 0x800 or 0xD800 <= value < 0xE000):
        return 0
    if size == 4 and not 0x10000 <= value < 0x110000:
        return 0
    return size


cdef inline void write_letter(TokenWriter* writer, uint32_t point) noexcept nogil:
    # Append a character in UTF-8 to the current token, unless that is too long.
    cdef uint8_t* out = writer.out + writer.size
    if writer.letters > writer.most:
        return
    writer.letters += 1
    if point < 0x80:
        out[0] = <uint8_t>point
        writer.size += 1
    elif point < 0x800:
        out[0] = <uint8_t>(0xC0 | point >> 6)
        out[1] = <uint8_t>(0x80 | point & 0x3F)
        writer.size += 2
    elif point < 0x10000:
        out[0] = <uint8_t>(0xE0 | point >> 12)
        out[1] = <uint8_t>(0x80 | point >> 6 & 0x3F)
        out[2] = <uint8_t>(0x80 | point & 0x3F)
        writer.size += 3
    else:
        out[0] = <uint8_t>(0xF0 | point >> 18)
        out[1] = <uint8_t>(0x80 | point >> 12 & 0x3F)
        out[2] = <uint8_t>(0x80 | point >> 6 & 0x3F)
        out[3] = <uint8_t>(0x80 | point & 0x3F)
        writer.size += 4


cdef inline bint write_point(TokenWriter* writer, uint32_t point) noexcept nogil:
    # Add a character that is not ASCII to the current token, or end the token.  Returns
    # False if the result depends on the characters around it.
    cdef bint dotted = point == DOTTED_I
    cdef uint32_t plain = KEPT_POINT
    point = to_lower(point)
    if writer.accents != NULL:
        plain = writer.accents[point]
        dotted = False
    if plain == DROPPED_POINT:
        return True
    if plain == JOINING_POINT:
        return False
    if plain != KEPT_POINT:
        point = plain
    if is_alnum(point) and not is_decimal(point):
        write_letter(writer, point)
        if not dotted:
            return True
    end_token(writer)
    return True


cdef int64_t write_simple(
    TokenWriter* writer, const uint8_t* text, int64_t n
) noexcept nogil:
    # Returns the bytes written, or NEEDS_NEIGHBOURS.
    cdef int64_t i = 0
    cdef uint32_t point
    cdef int size
    while i < n:
        if text[i] < 0x80:
            point = ASCII_LOWER[text[i]]
            i += 1
            if point > LINE_BREAK:
                write_letter(writer, point)
                continue
            end_token(writer)
            if point == LINE_BREAK:
                write_newline(writer)
            continue
        size = read_char(text + i, n - i, &point)
        if size == 0:  # bytes that are no UTF-8 are left out
            i += 1
            continue
        if point == SIGMA or not write_point(writer, point):
            return NEEDS_NEIGHBOURS
        i += size
    end_token(writer)
    return writer.size


def simple_tokens(
    const uint8_t[::1] text, int64_t n, uint8_t[::1] out, int64_t least=2,
    int64_t most=15, const uint32_t[::1] accents=None,
):
    """Write the lower-cased words of text[:n], each with a space after it.

    A word is a run of characters that `re` matches by ``\\w`` and not by ``\\d``, of
    `least` to `most` characters, that does not begin with `_`.  Newlines are kept.

    Parameters
    ----------
    text : buffer of uint8, shape (n or more,)
        UTF-8; bytes that are none are left out.
    n : int
    out : ndarray of uint8, shape (2 * n or more,)
        OUT.
    least, most : int
        Lengths of words [characters].
    accents : ndarray of uint32, shape (0x110000,), optional
        For each lower-case character, the one without accents; 0 if it has none, 1 for
        an accent alone, 2 if the result depends on the characters around it.

    Returns
    -------
    int
        Bytes written; -1 if the text has a character whose lower case, or form without
        accents, depends on the characters around it: convert the text first.
    """
    cdef TokenWriter writer
    cdef int64_t n_out
    check_length("simple_tokens", text.shape[0], n)
    check_length("simple_tokens", out.shape[0], GROWTH * n)
    if accents is not None:
        check_length("simple_tokens", accents.shape[0], POINTS)
    if n == 0:
        return 0
    writer.out = &out[0]
    writer.size = writer.start = writer.letters = 0
    writer.least, writer.most = least, most
    writer.accents = &accents[0] if accents is not None else NULL
    with nogil:
        n_out = write_simple(&writer, &text[0], n)
    return n_out


def character_tokens(const uint8_t[::1] text, int64_t n, uint8_t[::1] out):
    """Write the characters of text[:n] with a space after each, without white space.

    Parameters
    ----------
    text : buffer of uint8, shape (n or more,)
        UTF-8; a byte that is none is a character.  Newlines are kept.
    n : int
    out : ndarray of uint8, shape (2 * n or more,)
        OUT.

    Returns
    -------
    int
        Bytes written.
    """
    cdef int64_t n_out
    check_length("character_tokens", text.shape[0], n)
    check_length("character_tokens", out.shape[0], GROWTH * n)
    if n == 0:
        return 0
    with nogil:
        n_out = write_characters(&out[0], &text[0], n)
    return n_out


cdef int64_t write_characters(
    uint8_t* out, const uint8_t* text, int64_t n
) noexcept nogil:
    cdef int64_t n_out = 0
    cdef int64_t i = 0
    cdef uint32_t point
    cdef int size, k
    while i < n:
        point = text[i]
        size = 1 if point < 0x80 else read_char(text + i, n - i, &point)
        if point == c"\n":
            out[n_out] = c"\n"
            n_out += 1
        elif size == 0 or not is_space(point):
            size = size if size else 1
            for k in range(size):
                out[n_out + k] = text[i + k]
            out[n_out + size] = c" "
            n_out += size + 1
        i += size
    return n_out


def after_character(const uint8_t[::1] text, int64_t n):
    """Return the offset in text[:n] after its last whole character."""
    cdef int64_t start = n
    check_length("after_character", text.shape[0], n)
    while start > 0 and n - start < 3 and text[start - 1] & 0xC0 == 0x80:
        start -= 1
    if start == 0 or text[start - 1] < 0xC0:
        return n
    start -= 1  # of the last character that is not ASCII
    if n - start >= 2 + (text[start] >= 0xE0) + (text[start] >= 0xF0):
        return n
    return start


def after_newline(const uint8_t[::1] text, int64_t n):
    """Return the offset after the last newline in text[:n], or 0."""
    check_length("after_newline", text.shape[0], n)
    with nogil:
        while n > 0 and text[n - 1] != c"\n":
            n -= 1
    return n
