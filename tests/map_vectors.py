"""Vectors for tests of the interactive map."""

import numpy as np

from w2vfast import KeyedVectors

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
    rng = np.random.default_rng(4)
    return KeyedVectors(keys, rng.standard_normal((len(keys), dim), dtype=np.float32))
