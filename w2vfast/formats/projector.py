"""What other programs read and this one does not: tables and embedding folders.

V is the number of words, D the dimension.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.formats.decimals import short_text_rows
from w2vfast.formats.folder import created, new_folder
from w2vfast.formats.npz import import_safetensors, safetensors_bytes
from w2vfast.formats.spelling import CELL_ENDS, Spaces, Word, spell
from w2vfast.system.files import PathLike, open_output

FloatArray = npt.NDArray[np.floating[Any]]

# ---------------------------------------------------------------------------
# TensorBoard's projector
# ---------------------------------------------------------------------------

_BLOCK_ROWS = 256  # formatted at a time


def metadata_path(path: PathLike) -> str:
    """Return the name of the words' table that belongs to a table of vectors."""
    return f"{os.path.splitext(os.fspath(path))[0]}_metadata.tsv"


def write_projector(
    path: PathLike,
    words: Sequence[Word],
    vectors: FloatArray,
    counts: npt.NDArray[np.int64] | None = None,
    spaces: Spaces = "refuse",
) -> None:
    """Write the two tables that TensorBoard's embedding projector loads.

    Parameters
    ----------
    path : str or path-like
        The table of vectors, such as ``vectors.tsv``: D columns, no header.  The words
        go to ``vectors_metadata.tsv`` beside it: with counts two columns under the
        header ``word``, ``count``, else a single one, which has no header, as the
        projector takes the first line of a single column for data.
    words : sequence of str or int, length V
    vectors : ndarray of float, shape (V, D)
    counts : ndarray of int64, shape (V,), optional
        Occurrences [occurrences].
    spaces : {"refuse", "escape"}, default "refuse"
        What is done about words that hold a tab or a line end; spaces are no trouble.

    Raises
    ------
    ValueError
        If a word cannot be written.
    OSError
        If a file cannot be written.
    """
    names = spell(words, spaces, ends=CELL_ENDS)
    with open_output(metadata_path(path)) as file:
        if counts is None:
            file.writelines(b"%b\n" % name for name in names)
        else:
            file.write(b"word\tcount\n")
            pairs = zip(names, counts.tolist(), strict=True)
            file.writelines(b"%b\t%d\n" % pair for pair in pairs)
    with open_output(path) as file:
        for start in range(0, len(vectors), _BLOCK_ROWS):
            block = vectors[start : start + _BLOCK_ROWS].astype(np.float32)
            file.writelines(b"%b\n" % row for row in short_text_rows(block, "\t"))


# ---------------------------------------------------------------------------
# The static-embedding folder of Hugging Face
# ---------------------------------------------------------------------------

# Words are cut where this package's own text reader cuts them.
_WORD_ENDS = "[ \\t\\r\\n]+"
_UNKNOWN = "[UNK]"
_STATIC_EMBEDDING = "sentence_transformers.models.StaticEmbedding"


def write_static_embedding(
    path: PathLike,
    words: Sequence[Word],
    vectors: FloatArray,
    spaces: Spaces = "refuse",
) -> None:
    """Write a folder that sentence-transformers and model2vec load.

    ``SentenceTransformer(path)`` and ``model2vec.StaticModel.from_pretrained(path)``
    give a text the mean of its words' vectors.

    Parameters
    ----------
    path : str or path-like
        The folder; an older one of this kind is replaced, whole or not at all.
    words : sequence of str or int, length V
        Distinct; numbers are written as digits.
    vectors : ndarray of float, shape (V, D)
        Written as float32.
    spaces : {"refuse", "escape"}, default "refuse"
        What is done about words that hold white space, which a text cannot name.

    Raises
    ------
    ImportError
        If the package `safetensors` is missing.
    ValueError
        If a word cannot be written, is no UTF-8, or occurs twice.
    OSError
        If the folder cannot be written.

    Notes
    -----
    The layout is that of model2vec, with the ``modules.json`` of sentence-transformers.
    Words that are not in the vocabulary become ``[UNK]``, a last row of zeros:
    model2vec leaves it out of the mean, sentence-transformers counts it, which changes
    the length of the mean and not its direction.
    """
    import_safetensors()  # now, not when half of the work is done
    vocab = _vocabulary(words, spaces)
    files = {
        "tokenizer.json": _tokenizer(vocab),
        "config.json": {
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "hidden_dim": vectors.shape[1],
            "normalize": False,
            "embedding_dtype": "float32",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": ".", "type": _STATIC_EMBEDDING}
        ],
    }
    unknown = np.zeros((1, vectors.shape[1]), np.float32)
    rows = np.concatenate([vectors.astype(np.float32), unknown])
    names = {*files, "model.safetensors"}
    is_part: Callable[[str], bool] = names.__contains__
    with new_folder(path, "modules.json", is_part) as folder:
        for name, content in files.items():
            with created(folder, name) as file:
                file.write(json.dumps(content, ensure_ascii=False).encode("utf-8"))
        with created(folder, "model.safetensors") as file:
            file.write(safetensors_bytes({"embeddings": rows}))


def _vocabulary(words: Sequence[Word], spaces: Spaces) -> dict[str, int]:
    """Return the row of each word, and after them that of unknown words."""
    vocab: dict[str, int] = {}
    for row, name in enumerate(spell(words, spaces)):
        try:
            word = name.decode("utf-8")
        except UnicodeDecodeError as error:
            message = (
                f"word {words[row]!r} (row {row}) is not UTF-8, and a tokenizer's "
                "vocabulary is; leave it out"
            )
            raise ValueError(message) from error
        if vocab.setdefault(word, row) != row:
            message = (
                f"word {word!r} occurs twice (rows {vocab[word]} and {row}), and a "
                "tokenizer's vocabulary holds it once; leave one of them out"
            )
            raise ValueError(message)
    unknown = _UNKNOWN
    while unknown in vocab:
        unknown = f"[{unknown}]"
    vocab[unknown] = len(words)
    return vocab


def _tokenizer(vocab: dict[str, int]) -> dict[str, Any]:
    """Describe, as the package `tokenizers` does, how text becomes rows."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": _WORD_ENDS},
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
