# Spans: how a text is cut into them, and the queue of an epoch.  Part of _core.pyx.

cdef class SpanQueue:
    """The spans of one epoch, handed out to workers one after the other.

    A span is a run of whole sentences: the unit of work and of random numbers.

    Parameters
    ----------
    starts : ndarray of int64, shape (S + 1,)
        Span s holds ids[starts[s]:starts[s + 1]].
    first : int, default 0
        The span to begin with; those before it are done.
    """

    cdef const int64_t[::1] starts
    cdef int64_t cursor
    cdef int64_t first
    cdef int64_t end
    cdef int64_t own_end      # `restrict`: those from here on are another process's
    cdef int64_t stopped
    cdef int64_t pause_offset
    cdef int64_t trained      # ids of spans before `first`, and what workers counted

    def __init__(self, const int64_t[::1] starts, int64_t first=0):
        require(first >= 0, "the first span", "at least 0", first)
        self.starts = starts
        self.cursor = self.first = first
        self.end = self.own_end = starts.shape[0] - 1
        self.pause_offset = INT64_MAX
        self.trained = starts[min(first, self.end)] if self.end >= 0 else 0

    def restrict(self, int64_t first, int64_t end, int64_t own_first=-1,
                 int64_t own_end=-1):
        """Let spans `first` to before `end` be a round; while no worker takes any.

        Of these, only `own_first` to before `own_end` are handed out, if they are
        given: other processes train the others.
        """
        if own_first < 0:
            own_first, own_end = first, end
        require(0 <= first <= own_first <= own_end <= end < self.starts.shape[0],
                "a range of spans", f"in [0, {self.starts.shape[0] - 1}]",
                (first, own_first, own_end, end))
        self.cursor, self.first = own_first, first
        self.end, self.own_end = end, own_end

    def stop(self):
        """Let workers return after their current centre word."""
        atomic_add(&self.stopped, 1)

    def pause_at(self, int64_t offset):
        """Let workers return before what starts at this offset or later.

        Fast mode: each worker finishes its span; exact mode: its sentence.  By calling
        the workers again with a later offset they go on.
        """
        atomic_add(&self.pause_offset, offset - atomic_read(&self.pause_offset))

    def pauses_at(self, int64_t offset):
        """Return whether what starts at this offset is to wait for a pause."""
        return offset >= atomic_read(&self.pause_offset)

    @property
    def next_span(self):
        """The first span that no worker has taken; S once the epoch is done."""
        return min(atomic_read(&self.cursor), self.starts.shape[0] - 1)

    @property
    def is_stopped(self):
        """Whether `stop` was called."""
        return atomic_read(&self.stopped) != 0


cdef inline int64_t take_span(SpanQueue queue) noexcept nogil:
    """Take the next span; -1 if there is none, or if the queue is stopped or paused."""
    cdef int64_t span = atomic_read(&queue.cursor), n_spans = queue.starts.shape[0] - 1
    if (span >= n_spans or atomic_read(&queue.stopped)
            or queue.starts[span] >= atomic_read(&queue.pause_offset)):
        return -1
    span = atomic_add(&queue.cursor, 1)
    return span if span < n_spans else -1


def span_starts(const int32_t[::1] ids, int64_t span_length, int max_sentence_length,
                *, int64_t first=0, int64_t n_spans=INT64_MAX):
    """Cut a stream into spans of whole sentences.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        A sentence ends at a 0, and at its `max_sentence_length`-th id. IN
    span_length : int
        Minimum length of a span, except for the last one [ids].
    first : int, default 0
        Offset at which the first span starts [ids].
    n_spans : int, optional
        Cut at most so many spans.

    Returns
    -------
    ndarray of int64, shape (S + 1,)
    """
    require(first >= 0, "the start of the first span", "at least 0", first)
    starts = [first]
    cdef int64_t offset = first, start = first, N = ids.shape[0]
    while offset < N and len(starts) <= n_spans:
        with nogil:
            while offset < N and offset - start < span_length:
                offset = sentence_end(&ids[0], offset, N, max_sentence_length)
        starts.append(offset)
        start = offset
    return np.array(starts, dtype=np.int64)


cdef inline int64_t sentence_end(const int32_t* ids, int64_t offset, int64_t stop,
                                 int max_sentence_length) noexcept nogil:
    """Return the offset after the sentence that starts here, its 0 included."""
    if stop - offset > max_sentence_length:
        stop = offset + max_sentence_length
    while offset < stop:
        offset += 1
        if ids[offset - 1] == 0:
            break
    return offset
