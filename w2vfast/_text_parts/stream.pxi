# Streams of ids: kept in memory, renumbered and moved.  Part of _text.pyx.

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove


def keep_earliest(
    int64_t[::1] first_seen, const int32_t[::1] id_map, const int64_t[::1] keys
):
    """Lower first_seen[id_map[k]], INOUT, to keys[k] where that is less."""
    cdef int64_t k
    if keys.shape[0] > id_map.shape[0]:
        raise ValueError("keep_earliest: more keys than ids")
    with nogil:
        for k in range(keys.shape[0]):
            if id_map[k] >= 0 and keys[k] < first_seen[id_map[k]]:
                first_seen[id_map[k]] = keys[k]


cdef class IdBuffer:
    """A growing int32 array in memory."""

    cdef int32_t* data
    cdef int64_t used   # [ids]
    cdef int64_t room   # [ids]
    cdef int exports    # arrays that look at `data`, which must then stay in place

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.used

    cdef resize(self, int64_t room):
        cdef void* data
        if self.exports:
            raise BufferError("an array still looks at these ids")
        data = realloc(self.data, bytes_for(room if room else 1, sizeof(int32_t)))
        if data == NULL:
            message = (
                f"not enough memory for {room} ids ({4 * room} bytes). Set "
                "memory_limit to keep them in a file"
            )
            raise MemoryError(message)
        self.data = <int32_t*>data
        self.room = room

    def append(self, const int32_t[::1] ids):
        """Copy ids, shape (n,), to the end."""
        cdef int64_t n = ids.shape[0]
        if n == 0:
            return
        if self.used + n > self.room:
            self.resize(self.used + n + self.used // 2)
        with nogil:
            memcpy(self.data + self.used, &ids[0], <size_t>n * sizeof(int32_t))
        self.used += n

    def array(self):
        """Return the ids, shape (len(self),); while it lives, none can be added."""
        return np.frombuffer(self, dtype=np.int32)

    def truncate(self, int64_t n):
        """Keep the first n ids and give the rest of the memory back."""
        if not 0 <= n <= self.used:
            raise ValueError("truncate: n is more than there are ids")
        self.resize(n)
        self.used = n

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        if self.data == NULL:
            self.resize(0)
        PyBuffer_FillInfo(buffer, self, self.data, 4 * self.used, 0, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer* buffer):
        self.exports -= 1


cdef class SentenceCutter:
    """Ends sentences after so many ids, over the blocks of a stream.

    Parameters
    ----------
    length : int
        Ids of a sentence at most.
    """

    cdef int64_t length
    cdef int64_t used   # ids of the sentence in hand

    def __init__(self, int64_t length):
        self.length = length

    def cut(self, const int32_t[::1] ids):
        """Return the next block, int32, with the sentence ends that are to be added."""
        cdef int64_t n = ids.shape[0]
        cdef int32_t[::1] out = np.empty(n + (n + self.used) // self.length, np.int32)
        if n > 0:
            with nogil:
                n = cut_sentences(&ids[0], n, self.length, &self.used, &out[0])
        return np.asarray(out[:n])


cdef int64_t cut_sentences(
    const int32_t* ids, int64_t n, int64_t length, int64_t* used, int32_t* out
) noexcept nogil:
    # INOUT used; OUT out.  A sentence is ended when the word comes that is too many.
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


cdef class Renumbering:
    """Turn a run of provisional ids into final ones, in place, block after block.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        INOUT.
    start : int
        Where the run begins.
    exact : bool
        Keep empty sentences; else of several sentence ends in a row only one stays.

    Attributes
    ----------
    start, read, stop : int
        ids[start:read] was read, ids[start:stop] holds what is left of it.
    first, last : int
        First and last provisional id that was read; meaningless before.
    sentences : int
        Sentence ends read, but for exact mode without those of empty sentences.

    Notes
    -----
    What stood before the run is unknown here: a sentence end that it begins with
    stays and counts.  Several threads may work on runs that do not overlap.
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
        self.first = self.last = self.last_kept = LOST_ID  # any id but END

    def block(self, int64_t n, const int32_t[::1] final):
        """Renumber the next n ids by `final`, of shape (ids given,); -1 drops."""
        if n < 0 or self.read + n > self.ids.shape[0]:
            raise ValueError("Renumbering: the block is not within ids")
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
    # Writes never pass what is read.  Whether an id stays is no branch, because
    # rare words come at random.
    cdef int32_t last = run.last
    cdef int32_t last_kept = run.last_kept
    cdef int64_t sentences = run.sentences
    cdef int64_t stop = run.stop
    cdef int32_t raw, kept
    cdef bint stays
    cdef int64_t i
    for i in range(run.read, run.read + n):
        raw = ids[i]
        kept = final[raw] if raw >= 0 else LOST_ID
        sentences += raw == END and (run.exact or last != END)
        stays = kept > END or (kept == END and (run.exact or last_kept != END))
        ids[stop] = kept
        stop += stays
        last_kept = kept if stays else last_kept
        last = raw
    run.last = last
    run.last_kept = last_kept
    run.sentences = sentences
    run.stop = stop


def move_ids(int32_t[::1] ids, int64_t start, int64_t stop, int64_t to):
    """Move ids[start:stop] to ids[to:]; the two may overlap."""
    if not (0 <= to <= start <= stop <= ids.shape[0]):
        raise ValueError("move_ids: the range is not within ids")
    if start == stop or to == start:
        return
    with nogil:
        memmove(&ids[to], &ids[start], <size_t>(stop - start) * sizeof(int32_t))
