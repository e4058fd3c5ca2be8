"""Hugging Face's static-embedding folder, written only.

sentence-transformers and model2vec load it.  V is the number of words, D the dimension.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from w2vfast.aliases import Word
from w2vfast.errors import shortened
from w2vfast.formats.contents import Contents, WriteOptions
from w2vfast.formats.float_types import as_dtype
from w2vfast.formats.safetensors import serialise
from w2vfast.formats.spelling import Spaces, spell
from w2vfast.system.folders import check_new_folder, created, new_folder

# The characters at which this package's own text reader splits words.
_SEPARATORS = "[ \\t\\r\\n]+"
_UNKNOWN = "[UNK]"
_MARK = "modules.json"  # every folder of this kind has it
_MODULE_TYPE = "sentence_transformers.models.StaticEmbedding"


def write(path: str, held: Contents, how: WriteOptions) -> None:
    """Write a folder that sentence-transformers and model2vec load.

    ``SentenceTransformer(path)`` and ``model2vec.StaticModel.from_pretrained(path)``
    embed a text as the mean of its words' vectors.

    Parameters
    ----------
    path : str
        The folder.  An existing folder of this kind is replaced; a failed write leaves
        it unchanged.
    held : Contents
        The words must be distinct; integers are written as digits.  The vectors are
        written as float32.
    how : WriteOptions
        `spaces` concerns words with white space, which the tokenizer would split.

    Raises
    ------
    ValueError
        If a word cannot be written, is not UTF-8, or occurs twice, or a value is too
        large for float32.
    OSError
        If the folder cannot be written.

    Notes
    -----
    The layout is that of model2vec, with the ``modules.json`` of sentence-transformers.
    Words outside the vocabulary map to ``[UNK]``, a last row of zeros.  model2vec
    leaves it out of the mean.  sentence-transformers counts it, which changes the
    length of the mean but not its direction.
    """
    vocab = _vocabulary(held.words, how.spaces)
    dim = held.vectors.shape[1]
    files = {
        "tokenizer.json": _tokenizer(vocab),
        "config.json": {
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "hidden_dim": dim,
            "normalize": False,
            "embedding_dtype": "float32",
        },
        _MARK: [{"idx": 0, "name": "0", "path": ".", "type": _MODULE_TYPE}],
    }
    unknown = np.zeros((1, dim), np.float32)
    rows = np.concatenate([as_dtype(held.vectors, np.float32), unknown])
    with new_folder(path, _MARK, _is_part) as folder:
        for name, content in files.items():
            with created(folder, name) as file:
                file.write(json.dumps(content, ensure_ascii=False).encode("utf-8"))
        with created(folder, "model.safetensors") as file:
            file.write(serialise({"embeddings": rows}))


def check_place(path: str) -> None:
    """Raise early what `write` would raise about the place; leave nothing.

    Raises
    ------
    OSError
        As by `write`.
    """
    check_new_folder(path, _MARK, _is_part)


def _is_part(name: str) -> bool:
    return name in ("tokenizer.json", "config.json", _MARK, "model.safetensors")


def _vocabulary(words: Sequence[Word], spaces: Spaces) -> dict[str, int]:
    """Return the row of each word, and last the row of unknown words."""
    vocab: dict[str, int] = {}
    for row, name in enumerate(spell(words, spaces)):
        try:
            word = name.decode("utf-8")
        except UnicodeDecodeError as error:
            message = (
                f"word {words[row]!r} (row {row}) is not UTF-8, as a tokenizer's "
                "vocabulary must be; remove the word"
            )
            raise ValueError(message) from error
        if vocab.setdefault(word, row) != row:
            message = (
                f"word {shortened(word)} occurs twice (rows {vocab[word]} and {row}), "
                "but a tokenizer's vocabulary can contain it only once; remove one of "
                "them"
            )
            raise ValueError(message)
    unknown = _UNKNOWN
    while unknown in vocab:
        unknown = f"[{unknown}]"
    vocab[unknown] = len(words)
    return vocab


def _tokenizer(vocab: dict[str, int]) -> dict[str, Any]:
    """Return the configuration of the package `tokenizers` that maps text to rows."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": _SEPARATORS},
            "behavior": "Removed",
            "invert": False,
        },
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": vocab,
            "unk_token": next(reversed(vocab)),
        },
    }
