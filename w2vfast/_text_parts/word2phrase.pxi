# The C program word2phrase, rule by rule, over blocks of bytes.  Part of _text.pyx.
#
# Words and pairs are in one dictionary, by their text.  Names of C functions and
# variables are kept; comments mark the rules that are easily missed.

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport INT32_MAX, int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcpy

cdef enum:
    C_WORD_BYTES = 58       # the program keeps this much of a word [bytes]
    C_PAIR_BYTES = 59       # and this much of a pair [bytes]
    C_STRING_BYTES = 144    # two words, `_`, and what make_token reads after them
    C_MAX_ENTRIES = 350_000_000  # above it the program drops rare entries as it reads

cdef enum:  # What a byte completes.
    NOTHING = 0
    WORD = 1
    LINE_END = 2
    WORD_AND_LINE_END = 3


cdef struct CString:
    uint8_t bytes[C_STRING_BYTES]
    int64_t size


cdef inline int read_byte(CString* word, uint8_t byte) noexcept nogil:
    # ReadWord: appends the byte to `word`, or completes it.
    if byte == c"\r":
        return NOTHING
    if byte == c" " or byte == c"\t":
        return WORD if word.size > 0 else NOTHING
    if byte == c"\n":
        return WORD_AND_LINE_END if word.size > 0 else LINE_END
    if word.size < C_WORD_BYTES:
        word.bytes[word.size] = byte
        word.size += 1
    return NOTHING


cdef inline bint make_word_token(Token* token, CString* word) noexcept nogil:
    # OUT token; returns False for `</s>`.  A NUL byte ends the word, which may become
    # empty.
    cdef const uint8_t* nul = <const uint8_t*>memchr(word.bytes, 0, <size_t>word.size)
    if nul != NULL:
        word.size = nul - word.bytes
    make_token(token, word.bytes, word.size)
    return token.size != END_SIZE


cdef inline void make_pair_token(
    Token* token, CString* pair, const CString* left, const CString* right
) noexcept nogil:
    # OUT token; its bytes are in `pair`.
    memcpy(pair.bytes, left.bytes, <size_t>left.size)
    pair.bytes[left.size] = c"_"
    memcpy(pair.bytes + left.size + 1, right.bytes, <size_t>right.size)
    pair.size = left.size + 1 + right.size
    if pair.size > C_PAIR_BYTES:
        pair.size = C_PAIR_BYTES
    make_token(token, pair.bytes, pair.size)


@cython.final
cdef class Word2Phrase:
    """The C program word2phrase: learn the phrases of a text, then join them.

    Notes
    -----
    A text is given in blocks, cut anywhere: all of them to `learn`, then `sort`, then
    all of them to `join`.  The loops release the GIL.  Not safe for several threads at
    a time.

    Source
    ------
    word2phrase.c 0.1a of word2vec 0.1c: LearnVocabFromTrainFile, SortVocab, TrainModel.
    """

    cdef Table table
    cdef CString word       # being read
    cdef CString last_word
    cdef CString bigram_word
    cdef bint begun         # whether a word was read
    cdef int64_t min_count
    cdef bint li_known      # whether the previous word is in the vocabulary
    cdef int64_t pa, pb     # counts of the previous and the current word; may be stale
    cdef float threshold
    cdef readonly int64_t train_words

    def __cinit__(self):
        self.table.next_id = 1
        self.table.last_id = INT32_MAX
        check(set_capacity(&self.table, FIRST_CAPACITY))

    def __dealloc__(self):
        free_table(&self.table)

    def __len__(self):
        """Return the number of distinct words and pairs."""
        return self.table.n_words

    def learn(self, const uint8_t[::1] text):
        """Count the words and pairs of the next block.

        Raises
        ------
        ValueError
            If there are more than the C program keeps.
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
        if self.table.n_words + 2 > C_MAX_ENTRIES:  # 2: `</s>`, and see learn_word
            raise ValueError(
                f"the text has more than {C_MAX_ENTRIES} distinct words and pairs; "
                "with more, the C program drops rare ones while it reads, which "
                "mode='exact' does not reproduce. Use mode='fast'."
            )

    cdef int64_t learn_word(self) noexcept nogil:
        # A pair may extend over a line end.  In C, the left word of the first pair is
        # uninitialised memory; here that pair is assumed not to occur in the text.
        cdef Token token
        cdef int64_t result
        if not make_word_token(&token, &self.word):
            return 0
        self.train_words += 1
        if reserve(&self.table, 2) < 0:
            return NO_MEMORY
        result = count_word(&self.table, &token, 1)
        if result >= 0 and self.begun:
            make_pair_token(&token, &self.bigram_word, &self.last_word, &self.word)
            result = count_word(&self.table, &token, 1)
        self.begun = True
        self.last_word = self.word
        return result

    def sort(self, int64_t min_count, float threshold):
        """End learning; words and pairs with a count below `min_count` are dropped.

        In C, the entry `</s>` with its count of 0 makes the program drop one more entry
        from the end of the sorted vocabulary.  That entry is below `min_count` anyway,
        unless `min_count` is 1: then it is the last one added of those with count 1.
        The pair of the first word, which is the second entry added, is one of these.
        """
        cdef Slot* dropped = NULL
        cdef int64_t i
        for i in range(self.table.capacity if min_count == 1 else 0):
            if self.table.slots[i].id > 1 and self.table.slots[i].count == 1:
                if dropped == NULL or self.table.slots[i].id > dropped.id:
                    dropped = &self.table.slots[i]
        if dropped != NULL:
            dropped.count = 0
        self.min_count = min_count
        self.threshold = threshold
        self.word.size = self.last_word.size = 0

    cdef int64_t count_of(self, const Token* token) noexcept nogil:
        # SearchVocab: the count, or -1 if the word is not in the vocabulary.
        cdef const Slot* slot = locate(&self.table, token)
        return slot.count if slot.id != 0 and slot.count >= self.min_count else -1

    def join(self, const uint8_t[::1] text):
        """Return the words of the next block with phrases joined, as bytes."""
        cdef int64_t n = text.shape[0]
        # A word takes one more byte than its length, as in the text; a line end, two.
        cdef uint8_t* out = <uint8_t*>malloc(bytes_for(2 * n + C_STRING_BYTES, 1))
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
        # The counts of the word before the line end are kept; its text is replaced.
        memcpy(self.last_word.bytes, b"</s>", 4)
        self.last_word.size = 4
        out[0] = c"\n"
        return out + 1

    cdef uint8_t* join_word(self, uint8_t* out) noexcept nogil:
        cdef Token token
        cdef int64_t pab, count
        cdef bint oov = not self.li_known
        cdef float score = 0
        if not make_word_token(&token, &self.word):
            return self.end_line(out)
        count = self.count_of(&token)
        self.li_known = count >= 0
        if count >= 0:
            self.pb = count  # otherwise the count of an earlier word remains
        make_pair_token(&token, &self.bigram_word, &self.last_word, &self.word)
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
        out[0] = c"_" if score > self.threshold else c" "
        if score > self.threshold:
            self.pb = 0
        self.pa = self.pb
        memcpy(out + 1, self.word.bytes, <size_t>self.word.size)
        self.last_word = self.word
        return out + 1 + self.word.size
