"""Run a WordCounter on bytes, lists and arrays; return ids and words as lists."""

import numpy as np
from text_reference import END

from w2vfast import _text


def padded(data):
    return np.frombuffer(data + bytes(_text.PADDING), dtype=np.uint8).copy()


def encode_text(counter, data, exact=False):
    """Return the provisional ids of text; bytes after the last white space are lost."""
    text = padded(data)
    n = _text.drop_carriage_returns(text, len(data)) if exact else len(data)
    ids = np.full(n + 1, 77, dtype=np.int32)
    n_ids = counter.encode_text(text, n, ids, exact)
    assert (ids[max(n_ids, n) :] == 77).all()
    return ids[:n_ids].tolist()


def encode_tokens(counter, tokens, exact=False):
    ids = np.zeros(len(tokens), dtype=np.int32)
    assert counter.encode_tokens(tokens, ids, 0, exact) == len(tokens)
    return ids.tolist()


def encode_values(counter, values, ends=(), **options):
    values = np.asarray(values)
    ids = np.zeros(values.size + len(ends), dtype=np.int32)
    n = counter.encode_values(values, np.array(ends, dtype=np.int64), ids, **options)
    return ids[:n].tolist()


def all_words(counter):
    return counter.words(np.arange(1, counter.next_id))


def as_words(counter, ids):
    """Return the words of provisional ids: bytes, or END."""
    words = [END]
    words += [w.encode("utf-8", "surrogateescape") for w in all_words(counter)]
    return [words[id] for id in ids]


def counts_by_word(counter):
    return dict(zip(all_words(counter), counter.counts()[1:].tolist(), strict=True))


def as_one_block(words):
    """Drop empty sentences as within one block: its first END is always kept."""
    kept = []
    for word in words:
        if word is not END or not kept or kept[-1] is not END:
            kept.append(word)
    return kept
