"""Reference implementation of encoding a text, one byte or one word at a time."""

import re
from collections import Counter

END = None  # a sentence end in a list of words


def fast_words(data):
    """Return the words of one file in fast mode, with END for sentence ends."""
    words = []
    for line in data.split(b"\n"):
        for word in re.split(rb"[ \t\r]", line):
            if word:
                words.append(END if word == b"</s>" else word)
        words.append(END)
    return words


def exact_words(data):
    """Return the words of one file as the C program's ReadWord does."""
    words = []
    word = b""
    for byte in data:
        if byte == 13:
            continue
        if byte not in b" \t\n":
            word = (word + bytes([byte]))[:98]
            continue
        if word:
            word = word.split(b"\0")[0]
            words.append(END if word == b"</s>" else word)
            word = b""
        if byte == 10:
            words.append(END)
    return words


def without_empty_sentences(ids):
    """Drop the sentence ends (0 or END) that follow no word."""
    kept = []
    for item in ids:
        if item not in (0, END) or (kept and kept[-1] not in (0, END)):
            kept.append(item)
    return kept


def chosen_words(words, min_count=1, max_final_vocab=None):
    """Return (word, count) pairs by descending count, ties by first occurrence."""
    counts = Counter(word for word in words if word is not END)
    kept = [pair for pair in counts.items() if pair[1] >= min_count]
    kept.sort(key=lambda pair: -pair[1])
    return kept[:max_final_vocab]


def reference_encoding(files, *, exact=False, min_count=1, max_final_vocab=None):
    """Return (words, counts, ids, n_sentences, n_words) of files of bytes."""
    split = exact_words if exact else fast_words
    raw = [word for data in files for word in split(data)]
    raw = raw if exact else without_empty_sentences(raw)
    kept = chosen_words(raw, min_count, max_final_vocab)
    rows = {END: 0, **{word: row for row, (word, _) in enumerate(kept, 1)}}
    ids = [rows[word] for word in raw if word in rows]
    n_sentences = raw.count(END)
    names = [word.decode("utf-8", "surrogateescape") for word, _ in kept]
    return (
        ["</s>", *names],
        [n_sentences, *(count for _, count in kept)],
        ids if exact else without_empty_sentences(ids),
        n_sentences,
        len(raw) - n_sentences,
    )
