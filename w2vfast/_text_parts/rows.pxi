# Rows of files of vectors: a word and its values, in text or in binary.
#
# The loops read what is plain and stop before any row that is not; the caller reads
# that row slowly, or says what is wrong with it.  Part of _text.pyx.

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcpy

cdef extern from *:
    """
    /* The powers of ten that a double holds exactly. */
    static const double w2v_powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    /* A share of a number that is more than all roundings of `nearest_float`. */
    #define W2V_SLACK (1.0 / 1125899906842624.0) /* 2**-50 */

    /* Below the numbers that round up to infinity. */
    #define W2V_LARGEST 3.4028234e38
    """
    const double* POWERS "w2v_powers"
    const double SLACK "W2V_SLACK"
    const double LARGEST "W2V_LARGEST"

cdef enum:
    MOST_DIGITS = 19         # that a uint64 holds, whatever they are
    MOST_POWER = 22          # of ten in POWERS
    MOST_EXPONENT_DIGITS = 4
    SPACE = 32
    NEWLINE = 10
    RETURN = 13


# ---------------------------------------------------------------------------
# Decimal numbers
# ---------------------------------------------------------------------------

cdef inline const uint8_t* read_digits(
    const uint8_t* text, uint64_t* number
) noexcept nogil:
    # INOUT number: the digits are appended to it.  Returns the place after them.
    cdef uint8_t digit = text[0] - 48
    while digit < 10:
        number[0] = 10 * number[0] + digit
        text += 1
        digit = text[0] - 48
    return text


cdef inline const uint8_t* read_exponent(
    const uint8_t* text, int64_t* exponent
) noexcept nogil:
    # INOUT exponent: the one after "e" is added.  NULL if it is missing or long.
    cdef uint64_t size = 0
    cdef bint negative = text[0] == c"-"
    cdef const uint8_t* first = text + (text[0] == c"-" or text[0] == c"+")
    text = read_digits(first, &size)
    if text == first or text - first > MOST_EXPONENT_DIGITS:
        return NULL
    exponent[0] += -<int64_t>size if negative else <int64_t>size
    return text


cdef inline bint nearest_float(
    uint64_t digits, int64_t exponent, float* value
) noexcept nogil:
    # OUT value: digits * 10**exponent, rounded to a double and that to a float, as
    # Python and NumPy do.  False if that is not certain.
    #
    # The conversion and at most two operations are each off by 2**-53 of the number
    # at most.  The double nearest to the true number is therefore within SLACK of
    # `scaled`; if both ends of that stretch round to one float, so does the double.
    cdef double scaled = <double>digits
    if exponent < -2 * MOST_POWER or exponent > 2 * MOST_POWER:
        return False
    if exponent < -MOST_POWER:
        scaled /= POWERS[MOST_POWER]
        exponent += MOST_POWER
    elif exponent > MOST_POWER:
        scaled *= POWERS[MOST_POWER]
        exponent -= MOST_POWER
    if exponent < 0:
        scaled /= POWERS[-exponent]
    else:
        scaled *= POWERS[exponent]
    if scaled > LARGEST:
        return False
    value[0] = <float>(scaled - scaled * SLACK)
    return value[0] == <float>(scaled + scaled * SLACK)


cdef inline int64_t significant(
    const uint8_t* first, const uint8_t* stop, int64_t n_digits
) noexcept nogil:
    # Of the digits of a number those that are left without the zeros before them.
    while first < stop and (first[0] == c"0" or first[0] == c"."):
        n_digits -= first[0] == c"0"
        first += 1
    return n_digits


cdef const uint8_t* read_float(const uint8_t* text, float* value) noexcept nogil:
    # OUT value: the number that begins here.  Returns the place after it, or NULL if
    # it is not digits with a point or an exponent, or its value is not certain.
    # Some byte that is part of no number must follow.
    cdef uint64_t digits = 0
    cdef int64_t exponent = 0
    cdef int64_t n_digits
    cdef bint negative = text[0] == c"-"
    cdef const uint8_t* first = text + (text[0] == c"-" or text[0] == c"+")
    cdef const uint8_t* fraction
    text = read_digits(first, &digits)
    n_digits = text - first
    if text[0] == c".":
        fraction = text + 1
        text = read_digits(fraction, &digits)
        n_digits += text - fraction
        exponent = fraction - text
    if n_digits == 0:
        return NULL
    if n_digits > MOST_DIGITS and significant(first, text, n_digits) > MOST_DIGITS:
        return NULL
    if text[0] == c"e" or text[0] == c"E":
        text = read_exponent(text + 1, &exponent)
        if text == NULL:
            return NULL
    if not nearest_float(digits, exponent, value):
        return NULL
    if negative:
        value[0] = -value[0]
    return text


def parse_float(text):
    """Return the float32 that bytes spell, or None where the loops are not certain.

    For tests: this is what becomes of a value in a row.
    """
    cdef bytes spelt = text  # Python puts a NUL byte behind it
    cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(spelt)
    cdef float value
    if read_float(start, &value) != start + PyBytes_GET_SIZE(spelt):
        return None
    return np.float32(value)


# ---------------------------------------------------------------------------
# Rows
# ---------------------------------------------------------------------------

cdef inline const uint8_t* text_row(
    const uint8_t* line, const uint8_t* end, float* values, int64_t dim
) noexcept nogil:
    # OUT values: (dim,).  Returns where the word ends, or NULL if the line, up to its
    # newline at `end`, is not plain.
    cdef const uint8_t* space = <const uint8_t*>memchr(
        line, SPACE, <size_t>(end - line)
    )
    cdef const uint8_t* text = space
    cdef int64_t i
    if space == NULL:
        return NULL
    for i in range(dim):
        if text[0] != SPACE:
            return NULL
        text = read_float(text + 1, &values[i])
        if text == NULL:
            return NULL
    while text[0] == SPACE or text[0] == RETURN:
        text += 1
    return space if text == end else NULL


def read_text_rows(
    const uint8_t[::1] text, int64_t start, int64_t stop,
    float[:, ::1] values, int64_t[:, ::1] places,
):
    """Read plain lines from text[start:stop]; return how many.

    Parameters
    ----------
    text : buffer of uint8
    start, stop : int
        What is read of it; a line that does not end before `stop` is not read.
    values : ndarray of float32, shape (n_rows, D)
        OUT.  The rows' values; no more than n_rows lines are read.
    places : ndarray of int64, shape (n_rows, 3)
        OUT.  Where in `text` a row's word begins and ends, and the next row begins.

    Notes
    -----
    A plain line is a word, D times a space and a decimal number, and perhaps spaces
    and a carriage return.  Values are those of ``float32(float(text))``.
    """
    cdef const uint8_t* origin
    cdef const uint8_t* line
    cdef const uint8_t* end
    cdef const uint8_t* word_end
    cdef int64_t dim = values.shape[1]
    cdef int64_t n_rows = min(values.shape[0], places.shape[0])
    cdef int64_t row = 0
    if not 0 <= start <= stop <= text.shape[0] or places.shape[1] != 3:
        raise ValueError("read_text_rows: no such part of text, or places too narrow")
    if start == stop or dim == 0:
        return 0
    origin = &text[0]
    with nogil:
        while row < n_rows and start < stop:
            line = origin + start
            end = <const uint8_t*>memchr(line, NEWLINE, <size_t>(stop - start))
            if end == NULL:
                break
            word_end = text_row(line, end, &values[row, 0], dim)
            if word_end == NULL:
                break
            start = end + 1 - origin
            places[row, 0] = line - origin
            places[row, 1] = word_end - origin
            places[row, 2] = start
            row += 1
    return row


def read_binary_rows(
    const uint8_t[::1] data, int64_t start, int64_t stop,
    uint8_t[:, ::1] values, int64_t[:, ::1] places, bint newline,
):
    """Read rows from data[start:stop] that are whole; return how many.

    Parameters
    ----------
    data : buffer of uint8
    start, stop : int
        What is read of it; a row is read only if a byte follows it.
    values : ndarray of uint8, shape (n_rows, 4 * D)
        OUT.  The bytes of the rows' values; no more than n_rows are read.
    places : ndarray of int64, shape (n_rows, 3)
        OUT.  Where in `data` a row's word begins and ends, and the next row begins.
    newline : bool
        A newline follows each row.  A row that differs in this, or has one in its
        word, is not read.
    """
    cdef const uint8_t* origin
    cdef const uint8_t* line
    cdef const uint8_t* space
    cdef const uint8_t* end
    cdef int64_t size = values.shape[1]
    cdef int64_t n_rows = min(values.shape[0], places.shape[0])
    cdef int64_t row = 0
    if not 0 <= start <= stop <= data.shape[0] or places.shape[1] != 3:
        raise ValueError("read_binary_rows: no such part of data, or places too narrow")
    if start == stop or size == 0:
        return 0
    origin = &data[0]
    with nogil:
        while row < n_rows and start < stop:
            line = origin + start
            space = <const uint8_t*>memchr(line, SPACE, <size_t>(stop - start))
            # Compared as sizes: an address far behind the buffer is none.
            if space == NULL or origin + stop - space <= size + 1:
                break
            end = space + 1 + size
            if memchr(line, NEWLINE, <size_t>(space - line)) != NULL:
                break
            if (end[0] == NEWLINE) != newline:
                break
            memcpy(&values[row, 0], space + 1, <size_t>size)
            start = end + newline - origin
            places[row, 0] = line - origin
            places[row, 1] = space - origin
            places[row, 2] = start
            row += 1
    return row
