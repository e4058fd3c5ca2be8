"""What encoding a text means, written for reading: one byte or one word at a time."""

import re
from collections import Counter

END = None  # stands for a sentence end in a list of words


def fast_words(data):
    """Words of one file as fast mode cuts them, with END for sentence ends."""
    words = []
    for line in data.replace(b"\r", b"").split(b"\n"):
        for word in re.split(rb"[ \t]", line):
            if word:
                words.append(END if word == b"</s>" else word)
        words.append(END)
    return words


def exact_words(data):
    """Words of one file as the C program's ReadWord cuts them."""
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


def collapsed(ids):
    """Without the sentence ends (0 or END) that close no word."""
    kept = []
    for item in ids:
        if item not in (0, END) or (kept and kept[-1] not in (0, END)):
            kept.append(item)
    return kept


def chosen(words, min_count=1, max_final_vocab=None):
    """(word, count) pairs by falling count; a Counter keeps the order of arrival."""
    counts = Counter(word for word in words if word is not END)
    kept = [pair for pair in counts.items() if pair[1] >= min_count]
    kept.sort(key=lambda pair: -pair[1])
    return kept[:max_final_vocab]


def encoded(files, *, exact=False, min_count=1, max_final_vocab=None):
    """Return (words, counts, ids, n_sentences, n_words) of files of bytes."""
    cut = exact_words if exact else fast_words
    raw = [word for data in files for word in cut(data)]
    raw = raw if exact else collapsed(raw)
    kept = chosen(raw, min_count, max_final_vocab)
    rows = {END: 0, **{word: row for row, (word, _) in enumerate(kept, 1)}}
    ids = [rows[word] for word in raw if word in rows]
    n_sentences = raw.count(END)
    names = [word.decode("utf-8", "surrogateescape") for word, _ in kept]
    return (
        ["</s>", *names],
        [n_sentences, *(count for _, count in kept)],
        ids if exact else collapsed(ids),
        n_sentences,
        len(raw) - n_sentences,
    )
