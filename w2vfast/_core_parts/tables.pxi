# Tables that a model points to: noise distributions, paths of inner nodes.  Part of
# _core.pyx.

cdef class Noise:
    """Base class of noise distributions, from which negative samples are drawn."""

    cdef check(self, int64_t V):
        """Raise ValueError unless every draw is one of V words."""
        raise NotImplementedError

    cdef int fill(self, model_t* model) except -1:
        raise NotImplementedError


cdef class AliasNoise(Noise):
    """The noise distribution of fast mode.

    Parameters
    ----------
    entries : ndarray of uint32, shape (V, 2)
        Threshold and alias of each slot, as in `sampling.AliasTable`. IN
    """

    cdef const uint32_t[:, ::1] entries

    def __init__(self, const uint32_t[:, ::1] entries):
        self.entries = entries

    cdef check(self, int64_t V):
        check_alias_table(self.entries, V)

    cdef int fill(self, model_t* model) except -1:
        model.alias = &self.entries[0, 0]
        return 0


cdef class StepNoise(Noise):
    """The noise distribution of exact mode.

    Parameters
    ----------
    last : ndarray of uint32, shape (V,)
    guide : ndarray of int32, shape (G,)
    shift : int
        As in `sampling.StepTable`. IN
    """

    cdef const uint32_t[::1] last
    cdef const int32_t[::1] guide
    cdef int shift

    def __init__(self, const uint32_t[::1] last, const int32_t[::1] guide, int shift):
        self.last = last
        self.guide = guide
        self.shift = shift

    cdef check(self, int64_t V):
        check_step_table(self.last, self.guide, self.shift, V)

    cdef int fill(self, model_t* model) except -1:
        model.last = &self.last[0]
        model.guide = &self.guide[0]
        model.shift = self.shift
        return 0


cdef class Paths:
    """The words' paths of inner nodes for hierarchical softmax.

    Parameters
    ----------
    offsets : ndarray of int64, shape (V + 1,)
    points : ndarray of int32, shape (sum L,)
    codes : ndarray of uint8, shape (sum L,)
        As in `huffman.HuffmanTree`. IN
    """

    cdef const int64_t[::1] offsets
    cdef const int32_t[::1] points
    cdef const uint8_t[::1] codes

    def __init__(self, const int64_t[::1] offsets, const int32_t[::1] points,
                 const uint8_t[::1] codes):
        check_paths(offsets, points, codes)
        self.offsets = offsets
        self.points = points
        self.codes = codes

    cdef int fill(self, model_t* model) except -1:
        require_length(self.offsets[1:], "the paths", model.vocab_size)
        require_within(np.asarray(self.points), "an inner node", 0, model.vocab_size)
        model.path_offsets = &self.offsets[0]
        model.points = &self.points[0]
        model.codes = &self.codes[0]
        return 0

    cdef int longest(self) except -1:
        return np.diff(self.offsets).max()
