"""Save a whole model to a folder, and load it."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.errors import shortened, warn
from w2vfast.formats.folder import (
    CHECKPOINT_KIND,
    MODEL_KIND,
    checkpoint_message,
    load_folder,
    save_folder,
)
from w2vfast.formats.gensim_model import GensimModel, read_model
from w2vfast.formats.registry import KINDS
from w2vfast.formats.vector_folder import pack_attributes, unpack_attributes
from w2vfast.params import TrainParams
from w2vfast.state import ModelState
from w2vfast.system.json_files import checked
from w2vfast.text.tokenizers import SimpleTokenizer
from w2vfast.text.vocab import MAX_COUNT, SENTENCE_END, Vocab
from w2vfast.training.history import EpochStats
from w2vfast.training.noise_weights import NoiseWeights
from w2vfast.training.weights import MATRICES, Rows, Weights

_DAMAGED = "It is damaged: its parts are not of one model. Save it again."


@dataclass(frozen=True)
class SavedModel:
    """Everything of a model that its folder keeps.

    Parameters
    ----------
    params : TrainParams
        The settings of the model.
    state : ModelState
        With a vocabulary and weights.
    history : list of EpochStats
        One entry for each epoch.
    corpus_count, corpus_total_words : int
        Sentences and words of the corpus that was read last.
    counts_given : bool
        The counts of the vocabulary were given, not counted in a text.
    freeze : list of str or int
        Words that `freeze` of the class names.
    locked : list of str or int
        Words that `wv.vectors_lockf` freezes.
    tokenize : str, SimpleTokenizer or None
        The name of a built-in tokenizer, or its settings.
    column : str or None
        Name of the column of a table that holds the sentences.
    attributes : dict of str to ndarray of shape (V,)
        Attributes of the words in `wv`, with the counts if these were set there.
    """

    params: TrainParams
    state: ModelState
    history: list[EpochStats]
    corpus_count: int
    corpus_total_words: int
    counts_given: bool
    freeze: list[str | int]
    locked: list[str | int]
    tokenize: str | SimpleTokenizer | None
    column: str | None
    attributes: dict[str, NDArray[Any]] = field(default_factory=dict)


def _warn_of_suffix(path: str) -> None:
    """Warn if the name of a folder is that of a file of vectors."""
    suffix = os.path.splitext(path)[1].lower()
    others = [kind for name, kind in KINDS.items() if name != "folder"]
    if suffix in {".gz", *(known for kind in others for known in kind.suffixes)}:
        warn(
            f"{path!r} will be a folder: a saved model is one, whatever its name. The "
            f"vectors alone are saved as a file by model.wv.save({path!r})."
        )


def save_model(path: PathLike, model: SavedModel) -> None:
    """Write a model folder, whole or not at all.

    Parameters
    ----------
    path : path
        Folder to make or to replace; only a saved model is replaced.
    model : SavedModel

    Raises
    ------
    FileExistsError
        If `path` is a file, or a folder that holds anything else.
    TypeError
        If an attribute of a word contains objects that JSON cannot represent.
    OSError
        If the folder cannot be written.
    """
    vocab = model.state.need_vocab()
    _warn_of_suffix(os.fspath(path))
    meta = {
        "kind": MODEL_KIND,
        "params": model.params.to_dict(),
        "words": vocab.words,
        "corpus_count": model.corpus_count,
        "corpus_total_words": model.corpus_total_words,
        "counts_given": model.counts_given,
        "history": [dataclasses.asdict(stats) for stats in model.history],
        "freeze": model.freeze,
        "locked": model.locked,
        "tokenize": _to_save(model.tokenize),
        "column": model.column,
    }
    meta["attributes"], arrays = pack_attributes(model.attributes)
    arrays["counts"] = vocab.counts
    for name, rows in model.state.need_weights():
        arrays[name] = rows.vectors
    noise_weights = model.state.noise_to_save()
    if noise_weights is not None:
        arrays["noise_weights"] = noise_weights
    save_folder(path, meta, arrays)


def _to_save(tokenize: str | SimpleTokenizer | None) -> Any:
    if isinstance(tokenize, SimpleTokenizer):
        return dataclasses.asdict(tokenize)
    return tokenize


def load_model(path: PathLike, mmap: bool = False) -> SavedModel:
    """Read a model folder.

    Parameters
    ----------
    path : path
    mmap : bool, default False
        Map the arrays instead of reading them.

    Returns
    -------
    SavedModel

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it is a file, holds something else than a model, or was written by a later
        version.
    """
    if os.path.isfile(path):
        message = (
            f"{os.fspath(path)!r} is a file, and a saved model is a folder. A file of "
            "vectors is read by KeyedVectors.load, and given to Word2Vec as "
            "init_vectors= to train on. A model that gensim saved is read by "
            f"Word2Vec.load({os.fspath(path)!r}, kind='gensim'), its vectors alone by "
            "KeyedVectors.load with the same kind, or w2vfast convert --from gensim."
        )
        raise ValueError(message)
    found, arrays = load_folder(path, bool(mmap))
    if found.get("kind") != MODEL_KIND:
        message = f"{path} holds {found.get('kind')!r}, not a {MODEL_KIND}."
        if found.get("kind") == CHECKPOINT_KIND:
            message = checkpoint_message(path)
        raise ValueError(message)
    name = os.fspath(path)
    meta = checked(_Meta, found, name)
    params = TrainParams.from_file(meta.params, name)
    _check_words(meta.words, params, name)
    _check_arrays(arrays, len(meta.words), params, name)
    counts_given = meta.counts_given
    if counts_given is None:  # of an earlier version: given if no text had been read
        counts_given = meta.corpus_total_words == 0
    return SavedModel(
        params=params,
        state=_state_of(meta.words, arrays, exact=params.exact),
        history=meta.history,
        corpus_count=meta.corpus_count,
        corpus_total_words=meta.corpus_total_words,
        counts_given=counts_given,
        freeze=meta.freeze,
        locked=meta.locked,
        tokenize=meta.tokenize,
        column=meta.column,
        attributes=_attributes_of(meta, arrays, name),
    )


def _attributes_of(
    meta: _Meta, arrays: dict[str, NDArray[Any]], name: str
) -> dict[str, NDArray[Any]]:
    attributes = unpack_attributes(name, meta.attributes, arrays)
    is_exact = meta.params.get("mode") == "exact"
    n_visible = len(meta.words) - (0 if is_exact else 1)
    for attribute, values in attributes.items():
        if len(values) != n_visible:
            message = (
                f"{name}: the attribute {attribute!r} has {len(values)} values for "
                f"{n_visible} words. {_DAMAGED}"
            )
            raise ValueError(message)
    return attributes


def load_gensim_model(path: PathLike) -> SavedModel:
    """Read a Word2Vec that gensim saved, to train it on.

    Parameters
    ----------
    path : path
        The pickle; see `w2vfast.formats.gensim_model`.

    Returns
    -------
    SavedModel
        Words are sorted by count.  Without the vectors of inner nodes, whose tree is
        another one in gensim where counts are equal: they begin at zero.

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If it is no such file, or has no counts.
    """
    name = os.fspath(path)
    found = read_model(name)
    if found.contents.counts is None:
        message = (
            f"{name} has no counts of words, which training needs. Begin with its "
            f"vectors: init_vectors=KeyedVectors.load({name!r}, kind='gensim')."
        )
        raise ValueError(message)
    # A row for the sentence end, which is no word here.
    rows = [k for k, word in enumerate(found.contents.words) if word != SENTENCE_END]
    by_count = np.argsort(-found.contents.counts[rows], kind="stable")
    order = np.array(rows, np.intp)[by_count]
    words = [SENTENCE_END, *(found.contents.words[k] for k in order)]
    params = _gensim_params(found, name)
    arrays: dict[str, NDArray[Any]] = {
        "counts": np.append(0, found.contents.counts[order]),
        "syn0": _below_empty_row(found.contents.vectors, order, name),
    }
    if params.has_output_vectors:
        arrays["syn1neg"] = _below_empty_row(found.outputs, order, name)
    if params.hs:
        arrays["syn1"] = np.zeros_like(arrays["syn0"])
        warn(
            f"{name}: the vectors of inner nodes for hierarchical softmax are not "
            "taken, and begin at zero, because gensim builds another tree. Train for "
            "some epochs."
        )
    _check_words(words, params, name)
    _check_arrays(arrays, len(words), params, name)
    return SavedModel(
        params=params,
        state=_state_of(words, arrays, exact=False),
        history=[],
        corpus_count=found.corpus_count,
        corpus_total_words=found.corpus_total_words,
        counts_given=True,
        freeze=[],
        locked=_locked_words(found, order, name),
        tokenize=None,
        column=None,
        attributes={n: v[order] for n, v in found.contents.attributes.items()},
    )


def _gensim_params(found: GensimModel, name: str) -> TrainParams:
    size = found.contents.vectors.shape[1]
    # gensim's range of initial vectors, for words that are added.
    given = {**found.settings, "vector_size": size, "init_range": 1.0}
    try:
        return TrainParams.from_dict(given)
    except (TypeError, ValueError) as error:
        message = f"{name}: {error}"
        raise ValueError(message) from error


def _locked_words(
    found: GensimModel, order: NDArray[np.intp], name: str
) -> list[str | int]:
    """Return the words whose factor in gensim's `vectors_lockf` is 0."""
    if found.lockf is None:
        return []
    factors, words = found.lockf, found.contents.words
    if factors.shape not in ((1,), (len(words),)):
        message = f"{name}: {len(words)} words and vectors_lockf of {factors.shape}"
        raise ValueError(message)
    factors = np.broadcast_to(factors, len(words))
    if not np.isin(factors[order], (0, 1)).all():
        warn(
            f"{name}: factors of vectors_lockf other than 0 and 1 are not taken; these "
            "rows will be trained as those with 1. Set wv.vectors_lockf to freeze some."
        )
    return [words[k] for k in order.tolist() if factors[k] == 0]


def _below_empty_row(
    matrix: NDArray[Any] | None, order: NDArray[Any], name: str
) -> NDArray[np.float32]:
    """Return the rows of a matrix in an order, below one of zeros."""
    if matrix is None or len(matrix) <= order.max(initial=-1):
        got = "no" if matrix is None else len(matrix)
        message = f"{name} has {len(order)} words, and {got} output vectors."
        raise ValueError(message)
    result = np.zeros((len(order) + 1, matrix.shape[1]), np.float32)
    result[1:] = matrix[order]
    return result


@dataclass(frozen=True)
class _Meta:
    """What a folder says of a model besides its arrays: see `SavedModel`."""

    params: dict[str, Any]
    words: list[str | int]
    corpus_count: int
    corpus_total_words: int
    history: list[EpochStats]
    counts_given: bool | None = None
    freeze: list[str | int] = field(default_factory=list)  # earlier: the locked, too
    locked: list[str | int] = field(default_factory=list)
    tokenize: str | SimpleTokenizer | None = None
    column: str | None = None
    attributes: list[Any] = field(default_factory=list)


def _check_words(words: list[str | int], params: TrainParams, name: str) -> None:
    # Row 0 is the sentence end also where words are integers; in exact mode it is any.
    has_end = words[:1] == [SENTENCE_END]
    others = words[has_end:]
    kinds = set(map(type, others))
    if not has_end and not params.exact:
        message = f"{name}: the first of its words is not {SENTENCE_END!r}. {_DAMAGED}"
        raise ValueError(message)
    if len(kinds) > 1 or (kinds == {int} and not _fit_64_bits(others)):
        message = (
            f"{name}: its words are not all strings, or all integers of 64 bits. "
            f"{_DAMAGED}"
        )
        raise ValueError(message)
    # In exact mode the vocabulary may repeat a word, as the C program's may.
    if not params.exact and len(set(words)) != len(words):
        first_row: dict[str | int, int] = {}
        word = next(w for n, w in enumerate(words) if first_row.setdefault(w, n) != n)
        message = (
            f"{name}: the word {shortened(word)} is in its vocabulary twice. {_DAMAGED}"
        )
        raise ValueError(message)


def _fit_64_bits(words: list[Any]) -> bool:
    return bool(min(words) >= -(2**63) and max(words) < 2**63)


def _check_arrays(
    arrays: dict[str, NDArray[Any]], n_rows: int, params: TrainParams, name: str
) -> None:
    """Raise ValueError unless the arrays fit the words and the settings.

    The kernels make pointers of these arrays.
    """
    is_needed = {"syn0": True, "syn1": params.hs, "syn1neg": params.has_output_vectors}
    _check_array(arrays, "counts", np.int64, (n_rows,), name)
    for matrix, needed in is_needed.items():
        if needed or matrix in arrays:
            _check_array(arrays, matrix, np.float32, (n_rows, params.vector_size), name)
    counts = arrays["counts"]
    if counts.min(initial=0) < 0 or sum(counts.tolist()) > MAX_COUNT:
        message = (
            f"{name}: a count is below 0, or their sum above 2**63 - 1. {_DAMAGED}"
        )
        raise ValueError(message)


def _check_array(
    arrays: dict[str, NDArray[Any]],
    array_name: str,
    dtype: type[np.generic],
    shape: tuple[int, ...],
    name: str,
) -> None:
    found = arrays.get(array_name)
    # Of either byte order: a folder may come from another machine.
    if found is None or found.dtype.newbyteorder("=") != dtype or found.shape != shape:
        got = "none" if found is None else f"{found.dtype} of shape {found.shape}"
        message = (
            f"{name}: its words and settings need {array_name} as {dtype.__name__} of "
            f"shape {shape}, got {got}. {_DAMAGED}"
        )
        raise ValueError(message)


def _state_of(
    words: list[str | int], arrays: dict[str, NDArray[Any]], exact: bool
) -> ModelState:
    # Counts are small: they are read even where the matrices are mapped.
    vocab = Vocab(words, np.array(arrays["counts"], np.int64), exact=exact)
    matrices = {name: Rows(arrays[name]) for name in MATRICES if name in arrays}
    weights = Weights(matrices["syn0"], matrices.get("syn1"), matrices.get("syn1neg"))
    given = arrays.get("noise_weights")
    noise = None if given is None else NoiseWeights(given)
    return ModelState(vocab, weights, noise)
