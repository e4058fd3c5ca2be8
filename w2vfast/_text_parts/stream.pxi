# Streams of ids: stored in memory, split, renumbered and moved.  Part of _text.pyx.

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove


def keep_earliest(
    int64_t[::1] first_seen, const int32_t[::1] id_map, const int64_t[::1] keys
):
    """Lower first_seen[id_map[k]] to keys[k] where that is less.

    Parameters
    ----------
    first_seen : ndarray of int64, shape (n_ids,)
        INOUT.
    id_map : ndarray of int32, shape (n_other,)
        Negative ids are skipped.
    keys : ndarray of int64, shape (n_other or less,)
    """
    cdef int64_t k
    if keys.shape[0] > id_map.shape[0]:
        raise ValueError(
            f"keep_earliest: got {keys.shape[0]} keys for {id_map.shape[0]} ids"
        )
    with nogil:
        for k in range(keys.shape[0]):
            if id_map[k] >= 0 and keys[k] < first_seen[id_map[k]]:
                first_seen[id_map[k]] = keys[k]


@cython.final
cdef class IdBuffer:
    """A growing int32 array in memory."""

    cdef int32_t* data
    cdef int64_t used       # [ids]
    cdef int64_t capacity   # [ids]
    cdef int exports        # arrays that use `data`, which must then not move

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.used

    cdef resize(self, int64_t capacity):
        cdef void* data
        if self.exports:
            raise BufferError("an array still uses these ids; delete it first")
        data = realloc(
            self.data, bytes_for(capacity if capacity else 1, sizeof(int32_t))
        )
        if data == NULL:
            message = (
                f"not enough memory for {capacity} ids ({4 * capacity} bytes). Set "
                "memory_limit to keep them in a file"
            )
            raise MemoryError(message)
        self.data = <int32_t*>data
        self.capacity = capacity

    def append(self, const int32_t[::1] ids):
        """Append a copy of `ids`, an ndarray of int32, shape (n,)."""
        cdef int64_t n = ids.shape[0]
        if n == 0:
            return
        if self.used + n > self.capacity:
            self.resize(self.used + n + self.used // 2)
        with nogil:
            memcpy(self.data + self.used, &ids[0], <size_t>n * sizeof(int32_t))
        self.used += n

    def array(self):
        """Return the ids, int32, shape (len(self),), without a copy.

        While the array exists, `append` and `truncate` raise BufferError.
        """
        return np.frombuffer(self, dtype=np.int32)

    def truncate(self, int64_t n):
        """Keep the first n ids and release the rest of the memory."""
        if not 0 <= n <= self.used:
            raise ValueError(f"truncate: n must be in 0 to {self.used}, got {n}")
        self.resize(n)
        self.used = n

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        if self.data == NULL:
            self.resize(0)
        PyBuffer_FillInfo(buffer, self, self.data, 4 * self.used, 0, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer* buffer):
        self.exports -= 1


@cython.final
cdef class SentenceCutter:
    """Split long sentences of a stream that comes block by block.

    Parameters
    ----------
    length : int
        Maximum length of a sentence [ids].
    """

    cdef int64_t length
    cdef int64_t used   # ids of the current sentence so far

    def __init__(self, int64_t length):
        self.length = length

    def cut(self, const int32_t[::1] ids):
        """Return the next block, int32, with the sentence ends that split it."""
        cdef int64_t n = ids.shape[0]
        cdef int32_t[::1] out = np.empty(n + (n + self.used) // self.length, np.int32)
        if n > 0:
            with nogil:
                n = cut_sentences(&ids[0], n, self.length, &self.used, &out[0])
        return np.asarray(out[:n])


cdef int64_t cut_sentences(
    const int32_t* ids, int64_t n, int64_t length, int64_t* used, int32_t* out
) noexcept nogil:
    # INOUT used; OUT out.  Returns the length of `out`.  The end is added before the
    # first word that is too many, so a sentence of exactly `length` words is not split.
    cdef int64_t n_out = 0
    cdef int64_t i
    for i in range(n):
        if ids[i] == END:
            used[0] = 0
        elif used[0] == length:
            out[n_out] = END
            n_out += 1
            used[0] = 1
        else:
            used[0] += 1
        out[n_out] = ids[i]
        n_out += 1
    return n_out


@cython.final
cdef class Renumbering:
    """Replace a run of provisional ids by final ids, in place, block after block.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        INOUT.
    start : int
        Position at which the run begins.
    exact : bool
        Keep empty sentences; otherwise keep one of several adjacent sentence ends.

    Attributes
    ----------
    start, read, stop : int
        ids[start:read] was read; ids[start:stop] holds the result.
    first, last : int
        First and last provisional id that was read; undefined before `block`.
    sentences : int
        Sentence ends read; without those of empty sentences unless `exact`.

    Notes
    -----
    The ids before the run are unknown, so a sentence end at its start is kept and
    counted.  Several threads may work on runs that do not overlap.
    """

    cdef int32_t[::1] ids
    cdef bint exact
    cdef int32_t last_kept
    cdef readonly int64_t start, read, stop, sentences
    cdef readonly int32_t first, last

    def __init__(self, int32_t[::1] ids, int64_t start, bint exact):
        self.ids = ids
        self.exact = exact
        self.start = self.read = self.stop = start
        self.first = self.last = self.last_kept = UNKNOWN_ID  # any id but END

    def block(self, int64_t n, const int32_t[::1] final):
        """Renumber the next n ids.

        Parameters
        ----------
        n : int
        final : ndarray of int32, shape (next_id,)
            Final id of each provisional id; -1 drops the id.
        """
        if n < 0 or self.read + n > self.ids.shape[0]:
            raise ValueError(
                f"Renumbering: a block of {n} ids at {self.read} is not within the "
                f"{self.ids.shape[0]} ids"
            )
        if n == 0:
            return
        if self.read == self.start:
            self.first = self.ids[self.start]
        with nogil:
            renumber_block(self, &self.ids[0], n, &final[0])
        self.read += n


cdef void renumber_block(
    Renumbering run, int32_t* ids, int64_t n, const int32_t* final
) noexcept nogil:
    # Writes never overtake reads.  Dropping an id takes no branch, because rare words
    # occur at random and would be mispredicted.
    cdef int32_t last = run.last
    cdef int32_t last_kept = run.last_kept
    cdef int64_t sentences = run.sentences
    cdef int64_t stop = run.stop
    cdef int32_t provisional, kept
    cdef bint keep
    cdef int64_t i
    for i in range(run.read, run.read + n):
        provisional = ids[i]
        kept = final[provisional] if provisional >= 0 else UNKNOWN_ID
        sentences += provisional == END and (run.exact or last != END)
        keep = kept > END or (kept == END and (run.exact or last_kept != END))
        ids[stop] = kept
        stop += keep
        last_kept = kept if keep else last_kept
        last = provisional
    run.last = last
    run.last_kept = last_kept
    run.sentences = sentences
    run.stop = stop


def move_ids(int32_t[::1] ids, int64_t start, int64_t stop, int64_t target):
    """Move ids[start:stop] to ids[target:], target <= start; they may overlap."""
    if not (0 <= target <= start <= stop <= ids.shape[0]):
        raise ValueError(
            f"move_ids: {start}:{stop} to {target} is not within {ids.shape[0]} ids"
        )
    if start == stop or target == start:
        return
    with nogil:
        memmove(&ids[target], &ids[start], <size_t>(stop - start) * sizeof(int32_t))
