# Words and numbers as Python objects: checks and conversions.  Part of _text.pyx.

from operator import index

from cpython.bytes cimport PyBytes_Check
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport INT64_MAX, int64_t, uint8_t

cdef extern from "Python.h":
    bint PyLong_CheckExact(object number)
    int64_t PyLong_AsLongLongAndOverflow(object number, int* overflow) except? -1

cdef enum:  # What a dictionary holds.
    KIND_UNKNOWN = 0
    KIND_TEXT = 1
    KIND_INTEGER = 2


cdef object slot_word(const Table* table, const Slot* slot, int kind):
    # The word of a slot: str, or int for KIND_INTEGER.
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
    # Raises the error that a kernel returned; returns any other result.
    if result == NO_MEMORY:
        raise MemoryError("not enough memory for the dictionary of the corpus's words")
    if result == TOO_MANY:
        raise ValueError(
            "the corpus has more than 2**31 - 1 distinct words, the number of ids. Set "
            "max_vocab_size, or check that the text is split at white space."
        )
    return result


cdef tuple SPECIAL_VALUE_HINTS = (
    "Only a separator or a padding value may be negative.",
    "If it is padding, see IdCorpus(ids, padding=...).",
    "If it is a separator, see IdCorpus(ids, separator=...).",
)


cdef object value_error(const ValueScanner* scanner, int64_t value, int64_t offset):
    return ValueError(
        f"ids must be 0 or more, got {value} at position {offset + scanner.pos}. "
        f"{SPECIAL_VALUE_HINTS[scanner.special_kind]}"
    )


cdef void set_special(
    ValueScanner* scanner, object padding, object separator
) except *:
    scanner.special_kind = SPECIAL_NONE
    scanner.special = 0
    if padding is not None:
        scanner.special_kind = SPECIAL_PADDING
        scanner.special = padding
    elif separator is not None:
        scanner.special_kind = SPECIAL_SEPARATOR
        scanner.special = separator


cdef bytes as_bytes(object item):
    if PyBytes_Check(item):
        return <bytes>item  # or an instance of a subclass, such as numpy.bytes_
    try:
        return item.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        message = (
            f"token {item!r:.60} has a surrogate that represents no byte; decode text "
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
    # The slow path: integers of other types, and errors.
    cdef bint refused = isinstance(item, (bool, np.bool_))
    if not refused:
        try:
            item = index(item)
        except TypeError:
            refused = True
    if refused:
        message = (
            f"a token must be a str, bytes or int, got {item!r:.60} of type "
            f"{type(item).__name__}. A corpus is a list of sentences, each a list of "
            "tokens: [['the', 'cat'], ['a', 'dog']]. Turn others into text: str(token)"
        )
        raise TypeError(message)
    if not 0 <= item <= INT64_MAX:
        hint = ""
        if item == -1:
            hint = (". Only arrays of integers may be padded with it: give "
                    "numpy.array(rows, dtype=numpy.int64), or leave it out")
        raise ValueError(f"integer tokens must be in 0 to 2**63 - 1, got {item}{hint}")
    return item


cdef check_exact(object item):
    # In exact mode a list of tokens must be a line of text that the C program can read.
    cdef bytes word
    if not isinstance(item, (str, bytes)):
        return
    word = as_bytes(item)
    if not word or len(word) > EXACT_BYTES or any(c in word for c in b" \t\n\r\0"):
        message = (
            f"the C program cannot read the token {item!r:.60} from a text: "
            f"mode='exact' takes tokens of 1 to {EXACT_BYTES} bytes without white "
            "space and NUL. Use mode='fast', or change the token."
        )
        raise ValueError(message)
