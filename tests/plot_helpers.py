"""Vectors for tests of plots, and a count of overlapping labels."""

import numpy as np

from w2vfast import KeyedVectors

# Words that contain markup, escapes, placeholders, or names of JavaScript objects.
NASTY = [
    "</script>",
    "<!--<script>",
    "]]>",
    "&amp;",
    "&lt;b&gt;",
    "<img src=x onerror=alert(1)>",
    '"',
    "'",
    "\\",
    "\\u003c",
    "{{data}}",
    "{{title}}",
    "\\1",
    "\\g<0>",
    "\u2028",
    "https://example.org/",
    "__proto__",
    "constructor",
    "月",
    "👩\u200d🚀",
    "العربية",
    "e\u0301",
]


def random_vectors(keys, dim=6):
    """Make random vectors for some words."""
    rng = np.random.default_rng(4)
    return KeyedVectors(keys, rng.standard_normal((len(keys), dim), dtype=np.float32))


def numbered_vectors(n, dim=6):
    """Make random vectors for the words w0, w1 ..."""
    return random_vectors([f"w{i}" for i in range(n)], dim)


def clustered_vectors(n, n_clusters=5, spread=0.3):
    """Make vectors in dense clusters, for words of many lengths."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(n_clusters, 12))
    vectors = centres[rng.integers(0, n_clusters, n)] + rng.normal(0, spread, (n, 12))
    keys = [f"w{i}" + "x" * int(rng.integers(0, 10)) for i in range(n)]
    return KeyedVectors(keys, vectors.astype(np.float32))


def count_overlaps(boxes):
    """Count the pairs of boxes (left, low, right, high) that overlap."""
    boxes = np.array(list(boxes))
    a, b = boxes[:, None], boxes[None]
    apart = (a[..., :2] >= b[..., 2:] - 1e-6) | (b[..., :2] >= a[..., 2:] - 1e-6)
    return int(np.triu(~apart.any(axis=-1), 1).sum())
