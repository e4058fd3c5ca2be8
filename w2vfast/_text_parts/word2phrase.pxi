# The C program word2phrase, rule by rule, over blocks of bytes.  Part of _text.pyx.
#
# Words and pairs stand in one dictionary, by their text.  What is easily missed is
# said where it happens; the names of C's functions and variables are kept.

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcpy

cdef enum:
    C_WORD_BYTES = 58    # what the program keeps of a word [bytes]
    C_PAIR_BYTES = 59    # and of a pair
    C_STRING_ROOM = 144  # two words, `_`, and what cut_word reads behind
    C_MAX_ENTRIES = 350_000_000  # above it the program drops rare ones as it reads

cdef enum:  # what a byte completes
    NOTHING = 0
    WORD = 1
    LINE_END = 2
    WORD_AND_LINE_END = 3


cdef struct CString:
    uint8_t bytes[C_STRING_ROOM]
    int64_t size


cdef inline int read_byte(CString* word, uint8_t byte) noexcept nogil:
    # ReadWord: `word` grows by the byte, or is complete.
    if byte == 13:
        return NOTHING
    if byte == 32 or byte == 9:
        return WORD if word.size > 0 else NOTHING
    if byte == 10:
        return WORD_AND_LINE_END if word.size > 0 else LINE_END
    if word.size < C_WORD_BYTES:
        word.bytes[word.size] = byte
        word.size += 1
    return NOTHING


cdef inline bint cut_c_word(Token* token, CString* word) noexcept nogil:
    # OUT token, or False for `</s>`.  A NUL byte ends the word, which may be empty.
    cdef const uint8_t* nul = <const uint8_t*>memchr(word.bytes, 0, <size_t>word.size)
    if nul != NULL:
        word.size = nul - word.bytes
    cut_word(token, word.bytes, word.size)
    return token.size != END_SIZE


cdef inline void cut_c_pair(
    Token* token, CString* pair, const CString* left, const CString* right
) noexcept nogil:
    # OUT token, whose bytes are in pair.
    memcpy(pair.bytes, left.bytes, <size_t>left.size)
    pair.bytes[left.size] = 95  # _
    memcpy(pair.bytes + left.size + 1, right.bytes, <size_t>right.size)
    pair.size = left.size + 1 + right.size
    if pair.size > C_PAIR_BYTES:
        pair.size = C_PAIR_BYTES
    cut_word(token, pair.bytes, pair.size)


cdef class CPhrases:
    """What the C program word2phrase knows: learn a text, then join it.

    Notes
    -----
    A text comes in blocks, cut anywhere: all of them to `learn`, then `sort`, then
    all of them to `join`.  Works without the GIL, for one thread at a time.

    Source
    ------
    word2phrase.c 0.1a of word2vec 0.1c: LearnVocabFromTrainFile, SortVocab, TrainModel.
    """

    cdef Table table
    cdef CString word       # being read
    cdef CString last_word
    cdef CString bigram_word
    cdef bint begun         # a word was read
    cdef int64_t min_count
    cdef bint li_known      # the word before is in the vocabulary
    cdef int64_t pa, pb     # counts of the word before and of this one, stale or not
    cdef float threshold
    cdef readonly int64_t train_words

    def __cinit__(self):
        self.table.next_id = 1
        self.table.last_id = INT32_MAX
        check(set_capacity(&self.table, FIRST_CAPACITY))

    def __dealloc__(self):
        free(self.table.memory)
        free(self.table.arena)
        free(self.table.lost)

    def __len__(self):
        """Number of words and pairs."""
        return self.table.live

    def learn(self, const uint8_t[::1] text):
        """Count the words and pairs of the next block.

        Raises
        ------
        ValueError
            If there are so many that the C program would drop rare ones.
        """
        cdef int64_t result = 0
        cdef int64_t i
        with nogil:
            for i in range(text.shape[0]):
                if read_byte(&self.word, text[i]) & WORD:
                    result = self.learn_word()
                    self.word.size = 0
                    if result < 0:
                        break
        check(result)
        if self.table.live + 2 > C_MAX_ENTRIES:  # 2: `</s>`, and see learn_word
            raise ValueError(
                f"the text has more than {C_MAX_ENTRIES} distinct words and pairs; "
                "from there on the C program drops rare ones while it reads, which "
                "mode='exact' does not follow. Use mode='fast'."
            )

    cdef int64_t learn_word(self) noexcept nogil:
        # Line ends do not part a pair.  The first word's pair has uninitialised memory
        # for its left word; it is taken for a pair that the text does not have.
        cdef Token token
        cdef int64_t result
        if not cut_c_word(&token, &self.word):
            return 0
        self.train_words += 1
        if reserve(&self.table, 2) < 0:
            return NO_MEMORY
        result = count_word(&self.table, &token, 1)
        if result >= 0 and self.begun:
            cut_c_pair(&token, &self.bigram_word, &self.last_word, &self.word)
            result = count_word(&self.table, &token, 1)
        self.begun = True
        self.last_word = self.word
        return result

    def sort(self, int64_t min_count, float threshold):
        """End learning; words and pairs below `min_count` are out.

        `</s>`, whose count is 0, makes the program cut one entry too many off the end
        of the sorted vocabulary.  That is a rare one anyhow, unless all are frequent
        enough: with `min_count` 1 it is the last that was met of those that were met
        once.  The first word's odd pair, second to be met, is such an entry too.
        """
        cdef Slot* lost = NULL
        cdef int64_t i
        for i in range(self.table.capacity if min_count == 1 else 0):
            if self.table.slots[i].id > 1 and self.table.slots[i].count == 1:
                if lost == NULL or self.table.slots[i].id > lost.id:
                    lost = &self.table.slots[i]
        if lost != NULL:
            lost.count = 0
        self.min_count = min_count
        self.threshold = threshold
        self.word.size = self.last_word.size = 0

    cdef int64_t count_of(self, const Token* token) noexcept nogil:
        # SearchVocab: the count, or -1.
        cdef const Slot* slot = locate(&self.table, token)
        return slot.count if slot.id != 0 and slot.count >= self.min_count else -1

    def join(self, const uint8_t[::1] text):
        """Return the next block's words with phrases joined, as bytes."""
        cdef int64_t n = text.shape[0]
        # A word costs a byte more than it has, as in the text; a line end two.
        cdef uint8_t* out = <uint8_t*>malloc(bytes_for(2 * n + C_STRING_ROOM, 1))
        cdef uint8_t* end = out
        cdef int done
        cdef int64_t i
        if out == NULL:
            check(NO_MEMORY)
        with nogil:
            for i in range(n):
                done = read_byte(&self.word, text[i])
                if done & WORD:
                    end = self.join_word(end)
                    self.word.size = 0
                if done & LINE_END:
                    end = self.end_line(end)
        try:
            return PyBytes_FromStringAndSize(<const char*>out, end - out)
        finally:
            free(out)

    cdef uint8_t* end_line(self, uint8_t* out) noexcept nogil:
        # The counts of the word before the line end stay; its text does not.
        memcpy(self.last_word.bytes, b"</s>", 4)
        self.last_word.size = 4
        out[0] = 10
        return out + 1

    cdef uint8_t* join_word(self, uint8_t* out) noexcept nogil:
        cdef Token token
        cdef int64_t pab, count
        cdef bint oov = not self.li_known
        cdef float score = 0
        if not cut_c_word(&token, &self.word):
            return self.end_line(out)
        count = self.count_of(&token)
        self.li_known = count >= 0
        if count >= 0:
            self.pb = count  # else that of an earlier word stays
        cut_c_pair(&token, &self.bigram_word, &self.last_word, &self.word)
        pab = self.count_of(&token)
        oov |= count < 0 or pab < 0
        oov |= self.pa < self.min_count or self.pb < self.min_count
        if not oov:
            score = (
                <float>(pab - self.min_count)
                / <float>self.pa
                / <float>self.pb
                * <float>self.train_words
            )
        out[0] = 95 if score > self.threshold else 32
        if score > self.threshold:
            self.pb = 0
        self.pa = self.pb
        memcpy(out + 1, self.word.bytes, <size_t>self.word.size)
        self.last_word = self.word
        return out + 1 + self.word.size
