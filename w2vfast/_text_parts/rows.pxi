# Rows of vector files: a word and its values, in text or in binary.  Part of _text.pyx.
#
# The loops read rows in the usual form and stop before any other row.  The caller reads
# that row with slower code, or reports what is wrong with it.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcpy

cdef extern from *:
    """
    /* The powers of ten that a double represents exactly. */
    static const double w2v_powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    /* A relative error above the sum of all roundings in `nearest_float`. */
    #define W2V_SLACK (1.0 / 1125899906842624.0) /* 2**-50 */

    /* Larger numbers may round to infinity. */
    #define W2V_LARGEST 3.4028234e38
    """
    const double* POWERS "w2v_powers"
    const double SLACK "W2V_SLACK"
    const double LARGEST "W2V_LARGEST"

cdef enum:
    MAX_DIGITS = 19          # any number of 19 digits fits in a uint64
    MAX_POWER = 22           # of ten in POWERS
    MAX_EXPONENT_DIGITS = 4


# ---------------------------------------------------------------------------
# Decimal numbers
# ---------------------------------------------------------------------------

cdef inline const uint8_t* read_digits(
    const uint8_t* text, uint64_t* number
) noexcept nogil:
    # INOUT number: the digits are appended to it.  Returns the end of the digits.
    cdef uint8_t digit = text[0] - 48
    while digit < 10:
        number[0] = 10 * number[0] + digit
        text += 1
        digit = text[0] - 48
    return text


cdef inline const uint8_t* read_exponent(
    const uint8_t* text, int64_t* exponent
) noexcept nogil:
    # INOUT exponent: the number after "e" is added to it.  Returns the end, or NULL if
    # the number is missing or too long.
    cdef uint64_t size = 0
    cdef bint negative = text[0] == c"-"
    cdef const uint8_t* first = text + (text[0] == c"-" or text[0] == c"+")
    text = read_digits(first, &size)
    if text == first or text - first > MAX_EXPONENT_DIGITS:
        return NULL
    exponent[0] += -<int64_t>size if negative else <int64_t>size
    return text


cdef inline bint nearest_float(
    uint64_t digits, int64_t exponent, float* value
) noexcept nogil:
    # OUT value: digits * 10**exponent, rounded to a double and then to a float, as in
    # Python and NumPy.  Returns False if the result is not certain.
    #
    # The conversion and at most two operations each have a relative error of at most
    # 2**-53.  The double nearest to the true number is therefore within SLACK of
    # `scaled`; if both ends of that interval round to one float, so does the double.
    cdef double scaled = <double>digits
    if exponent < -2 * MAX_POWER or exponent > 2 * MAX_POWER:
        return False
    if exponent < -MAX_POWER:
        scaled /= POWERS[MAX_POWER]
        exponent += MAX_POWER
    elif exponent > MAX_POWER:
        scaled *= POWERS[MAX_POWER]
        exponent -= MAX_POWER
    if exponent < 0:
        scaled /= POWERS[-exponent]
    else:
        scaled *= POWERS[exponent]
    if scaled > LARGEST:
        return False
    value[0] = <float>(scaled - scaled * SLACK)
    return value[0] == <float>(scaled + scaled * SLACK)


cdef inline int64_t significant_digits(
    const uint8_t* first, const uint8_t* stop, int64_t n_digits
) noexcept nogil:
    # Number of digits without leading zeros.
    while first < stop and (first[0] == c"0" or first[0] == c"."):
        n_digits -= first[0] == c"0"
        first += 1
    return n_digits


cdef const uint8_t* read_float(const uint8_t* text, float* value) noexcept nogil:
    # OUT value: the number at the start of `text`.  Returns its end, or NULL if it is
    # anything but digits with a point or an exponent, or if its value is not certain.
    # A byte that is not part of a number must follow, or reading would not stop.
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
    if n_digits > MAX_DIGITS and significant_digits(first, text, n_digits) > MAX_DIGITS:
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
    """Return the float32 of a decimal number in bytes, None where it is not certain.

    For tests: rows of text are read with the same function.
    """
    cdef bytes number = text  # Python stores a NUL byte after it
    cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(number)
    cdef float value
    if read_float(start, &value) != start + PyBytes_GET_SIZE(number):
        return None
    return np.float32(value)


# ---------------------------------------------------------------------------
# Rows
# ---------------------------------------------------------------------------

cdef inline const uint8_t* text_row(
    const uint8_t* line, const uint8_t* end, float* values, int64_t dim
) noexcept nogil:
    # OUT values: (dim,).  Returns the end of the word, or NULL if the line, which ends
    # with the newline at `end`, is not plain.
    cdef const uint8_t* space = <const uint8_t*>memchr(
        line, c" ", <size_t>(end - line)
    )
    cdef const uint8_t* text = space
    cdef int64_t i
    if space == NULL:
        return NULL
    for i in range(dim):
        if text[0] != c" ":
            return NULL
        text = read_float(text + 1, &values[i])
        if text == NULL:
            return NULL
    while text[0] == c" " or text[0] == c"\r":
        text += 1
    return space if text == end else NULL


cdef check_rows(
    str name, int64_t size, int64_t start, int64_t stop, int64_t n_columns
):
    if not 0 <= start <= stop <= size:
        raise ValueError(
            f"{name}: start and stop must be in 0 to {size}, got {start} and {stop}"
        )
    if n_columns != 3:
        raise ValueError(f"{name}: offsets must have 3 columns, got {n_columns}")


def read_text_rows(
    const uint8_t[::1] text, int64_t start, int64_t stop,
    float[:, ::1] values, int64_t[:, ::1] offsets,
):
    """Read plain lines from text[start:stop]; return their number.

    Parameters
    ----------
    text : buffer of uint8
    start, stop : int
        The part to read; a line that does not end before `stop` is not read.
    values : ndarray of float32, shape (n_rows, D)
        OUT.  The values of the rows; at most n_rows lines are read.
    offsets : ndarray of int64, shape (n_rows, 3)
        OUT.  The offsets in `text` of a row's word, of its end, and of the next row.

    Notes
    -----
    A plain line is a word, D times a space and a decimal number, then optional spaces
    and carriage returns.  Values equal ``float32(float(text))``.
    """
    cdef const uint8_t* origin
    cdef const uint8_t* line
    cdef const uint8_t* end
    cdef const uint8_t* word_end
    cdef int64_t dim = values.shape[1]
    cdef int64_t n_rows = min(values.shape[0], offsets.shape[0])
    cdef int64_t row = 0
    check_rows("read_text_rows", text.shape[0], start, stop, offsets.shape[1])
    if start == stop or dim == 0:
        return 0
    origin = &text[0]
    with nogil:
        while row < n_rows and start < stop:
            line = origin + start
            end = <const uint8_t*>memchr(line, c"\n", <size_t>(stop - start))
            if end == NULL:
                break
            word_end = text_row(line, end, &values[row, 0], dim)
            if word_end == NULL:
                break
            start = end + 1 - origin
            offsets[row, 0] = line - origin
            offsets[row, 1] = word_end - origin
            offsets[row, 2] = start
            row += 1
    return row


cdef inline const uint8_t* binary_row(
    const uint8_t* row, const uint8_t* stop, int64_t size, bint newline
) noexcept nogil:
    # Returns the end of the word of a row with `size` bytes of values, or NULL if the
    # row is incomplete or not plain.
    cdef const uint8_t* space = <const uint8_t*>memchr(
        row, c" ", <size_t>(stop - row)
    )
    # Sizes are compared, because an address far after the buffer may not be computed.
    if space == NULL or stop - space <= size + 1:
        return NULL
    if memchr(row, c"\n", <size_t>(space - row)) != NULL:
        return NULL
    return space if (space[1 + size] == c"\n") == newline else NULL


def read_binary_rows(
    const uint8_t[::1] data, int64_t start, int64_t stop,
    uint8_t[:, ::1] values, int64_t[:, ::1] offsets, bint newline,
):
    """Read complete rows from data[start:stop]; return their number.

    Parameters
    ----------
    data : buffer of uint8
    start, stop : int
        The part to read; a row is read only if at least one byte follows it.
    values : ndarray of uint8, shape (n_rows, 4 * D)
        OUT.  The bytes of the rows' values; at most n_rows rows are read.
    offsets : ndarray of int64, shape (n_rows, 3)
        OUT.  The offsets in `data` of a row's word, of its end, and of the next row.
    newline : bool
        Whether a newline follows each row.  Reading stops before a row that differs,
        or that has a newline in its word.
    """
    cdef const uint8_t* origin
    cdef const uint8_t* line
    cdef const uint8_t* word_end
    cdef int64_t size = values.shape[1]
    cdef int64_t n_rows = min(values.shape[0], offsets.shape[0])
    cdef int64_t row = 0
    check_rows("read_binary_rows", data.shape[0], start, stop, offsets.shape[1])
    if start == stop or size == 0:
        return 0
    origin = &data[0]
    with nogil:
        while row < n_rows and start < stop:
            line = origin + start
            word_end = binary_row(line, origin + stop, size, newline)
            if word_end == NULL:
                break
            memcpy(&values[row, 0], word_end + 1, <size_t>size)
            start = word_end + 1 + size + newline - origin
            offsets[row, 0] = line - origin
            offsets[row, 1] = word_end - origin
            offsets[row, 2] = start
            row += 1
    return row
