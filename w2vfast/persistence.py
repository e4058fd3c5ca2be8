"""Save a whole model to a folder, and load it."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.formats.folder import MODEL_KIND, load_folder, save_folder
from w2vfast.params import TrainParams
from w2vfast.state import ModelState
from w2vfast.text.vocab import Vocab
from w2vfast.training.history import EpochStats
from w2vfast.training.noise_weights import NoiseWeights
from w2vfast.training.weights import Rows, Weights


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
        Words whose vectors training does not change.
    """

    params: TrainParams
    state: ModelState
    history: list[EpochStats]
    corpus_count: int
    corpus_total_words: int
    counts_given: bool
    freeze: list[str | int]


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
    OSError
        If the folder cannot be written.
    """
    vocab = model.state.need_vocab()
    meta = {
        "kind": MODEL_KIND,
        "params": model.params.to_dict(),
        "words": vocab.words,
        "corpus_count": model.corpus_count,
        "corpus_total_words": model.corpus_total_words,
        "counts_given": model.counts_given,
        "history": [dataclasses.asdict(stats) for stats in model.history],
        "freeze": model.freeze,
    }
    arrays: dict[str, NDArray[Any]] = {"counts": vocab.counts}
    for name, rows in model.state.need_weights():
        arrays[name] = rows.vectors
    noise_weights = model.state.noise_to_save()
    if noise_weights is not None:
        arrays["noise_weights"] = noise_weights
    save_folder(path, meta, arrays)


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
            "init_vectors= to train on. Pickles of gensim are not read: write their "
            "vectors with gensim's model.wv.save_word2vec_format."
        )
        raise ValueError(message)
    meta, arrays = load_folder(path, mmap)
    if meta.get("kind") != MODEL_KIND:
        message = f"{path} holds {meta.get('kind')!r}, not a {MODEL_KIND}."
        raise ValueError(message)
    params = TrainParams.from_dict(meta["params"])
    return SavedModel(
        params,
        _state_of(meta["words"], arrays, exact=params.exact),
        [EpochStats.from_dict(stats) for stats in meta["history"]],
        meta["corpus_count"],
        meta["corpus_total_words"],
        # Folders of earlier versions lack this: no text had been read if it is so.
        meta.get("counts_given", meta["corpus_total_words"] == 0),
        meta.get("freeze", []),
    )


def _state_of(
    words: list[str | int], arrays: dict[str, NDArray[Any]], exact: bool
) -> ModelState:
    # Counts are small: they are read even where the matrices are mapped.
    vocab = Vocab(words, np.array(arrays["counts"]), exact=exact)
    matrices = {
        name: Rows(arrays[name])
        for name in ("syn0", "syn1", "syn1neg")
        if name in arrays
    }
    weights = Weights(matrices["syn0"], matrices.get("syn1"), matrices.get("syn1neg"))
    given = arrays.get("noise_weights")
    noise = None if given is None else NoiseWeights(given)
    return ModelState(vocab, weights, noise)
