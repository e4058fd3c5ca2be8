# What a worker has done so far, readable while it works.  Part of _core.pyx.

cdef struct losses_t:
    int64_t predictions      # whose losses were computed
    double hs                # sums over them
    double ns
    double softmax


cdef struct counters_t:
    # One worker's counters: written by it, read by the calling thread while it runs.
    int64_t ids              # visited
    losses_t losses


cdef class Counters:
    """What one worker has done so far; readable while it works."""

    cdef object owner
    cdef counters_t* c

    def __init__(self):
        # A cache line on either side, so that no other thread writes to this one.
        self.owner = np.zeros(3 * CACHE_LINE, dtype=np.uint8)
        cdef uint8_t[::1] memory = self.owner
        self.c = <counters_t*>&memory[CACHE_LINE]

    def restore(self, int64_t ids, int64_t predictions, double hs, double ns,
                double softmax):
        """Set the counters to those of an earlier run."""
        self.c.ids = ids
        self.c.losses = losses_t(predictions, hs, ns, softmax)

    @property
    def ids(self):
        """Ids visited in all epochs."""
        return atomic_read(&self.c.ids)

    @property
    def predictions(self):
        """Predictions whose losses were computed."""
        return atomic_read(&self.c.losses.predictions)

    @property
    def hs_loss(self):
        """Sum of their losses under hierarchical softmax [nats]."""
        return atomic_read_sum(&self.c.losses.hs)

    @property
    def ns_loss(self):
        """Sum of their losses under negative sampling [nats]."""
        return atomic_read_sum(&self.c.losses.ns)

    @property
    def softmax_loss(self):
        """Sum of their losses under full softmax [nats]."""
        return atomic_read_sum(&self.c.losses.softmax)
