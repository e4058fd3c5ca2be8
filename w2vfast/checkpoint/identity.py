"""What must be the same for a training to go on: settings, text and vocabulary."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import Part, Setting, SettingsError
from w2vfast.params import TrainParams

if TYPE_CHECKING:
    from w2vfast.text.vocab import Vocab
    from w2vfast.training.tables import Tables
    from w2vfast.training.trainer import Trainer

_DIGEST_BYTES = 16
_BLOCK = 1 << 22  # values that are hashed at a time; an interrupt waits for one block
# Any number of threads goes on with the spans that are left.
_FREE = ("workers",)


def digest_of(array: NDArray[Any]) -> str:
    """Return a digest of an array's values, in the byte order of the machine."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    array = np.atleast_1d(array)  # a file may hold anything
    rows = max(1, _BLOCK // max(1, array[:1].size))
    for start in range(0, len(array), rows):
        digest.update(np.ascontiguousarray(array[start : start + rows]).data)
    return digest.hexdigest()


def digest_of_vocabulary(words: Sequence[str | int], counts: NDArray[np.int64]) -> str:
    """Return a digest of words and their counts, in order."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    digest.update(json.dumps(list(words)).encode("ascii"))
    digest.update(np.ascontiguousarray(counts).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class RunIdentity:
    """What a run trains on, and how.

    Parameters
    ----------
    params : dict
        From `TrainParams.to_dict`.
    epochs_before : int
        Epochs that the model was trained before this run.
    n_ids : int
        Words of the vocabulary and sentence ends in the text [tokens].
    ids : str
        Digest of the text as ids.
    train_words : int
        The length that the learning rate of exact mode is computed from [tokens].
    n_rows : int
        Rows of the vocabulary.
    vocabulary : str
        Digest of its words and counts.
    frozen : str or None
        Digest of the rows that do not change.
    noise_weights : str or None
        Digest of the weights of negative samples, if they are given.
    """

    params: dict[str, Any]
    epochs_before: int
    n_ids: int
    ids: str
    train_words: int
    n_rows: int
    vocabulary: str
    frozen: str | None
    noise_weights: str | None

    def check(self, earlier: RunIdentity, name: str) -> None:
        """Raise unless a checkpoint is of this run.

        Parameters
        ----------
        earlier : RunIdentity
            Of the checkpoint.
        name : str
            The checkpoint, for the message.

        Raises
        ------
        SettingsError
            A ValueError; says what differs.
        """
        check_params(TrainParams.from_dict(self.params), earlier, name)
        if self.epochs_before != earlier.epochs_before:
            raise _differs(
                name,
                f"the model was trained {earlier.epochs_before} epochs before it, now "
                f"{self.epochs_before}; make or load the model anew, as for that run",
            )
        if self.n_ids != earlier.n_ids or self.train_words != earlier.train_words:
            raise _differs(
                name,
                f"the text had {earlier.n_ids:,} words of the vocabulary and sentence "
                f"ends, now it has {self.n_ids:,}",
            )
        if self.n_rows != earlier.n_rows:
            raise _differs(
                name,
                f"the vocabulary had {earlier.n_rows:,} rows, now {self.n_rows:,}",
            )
        for field, what in _DIGESTS.items():
            if getattr(self, field) != getattr(earlier, field):
                raise _differs(name, what)


_DIGESTS = {
    "vocabulary": "the vocabulary has as many words, but others, or other counts",
    "ids": "the text is as long, but has other words or another order",
    "frozen": "other words are frozen",
    "noise_weights": "the weights of the negative samples are others",
}


def check_params(params: TrainParams, earlier: RunIdentity, name: str) -> None:
    """Raise SettingsError unless a checkpoint is of a run with these settings."""
    before = TrainParams.from_dict(earlier.params).to_dict()
    parts: list[Part] = []
    for field, value in params.to_dict().items():
        if value != before[field] and field not in _FREE:
            parts += [", " if parts else "", Setting(field, before[field]), " then, "]
            parts += [Setting(field, value), " now"]
    if parts:
        raise _differs(name, *parts)


def _differs(name: str, *what: Part) -> SettingsError:
    message = (
        f"{name} is a checkpoint of another training: ",
        *what,
        ". Go on with the same settings, text and vocabulary, or name another folder.",
    )
    return SettingsError(message)


def identity_of(
    trainer: Trainer,
    vocab: Vocab,
    params: TrainParams,
    tables: Tables,
    noise_weights: NDArray[np.float64] | None,
    epochs_before: int,
) -> RunIdentity:
    """Return what must be the same when a run goes on."""
    return RunIdentity(
        params=params.to_dict(),
        epochs_before=epochs_before,
        n_ids=trainer.n_ids,
        ids=digest_of(trainer.ids),
        train_words=trainer.train_words,
        n_rows=len(vocab),
        vocabulary=digest_of_vocabulary(vocab.words, vocab.counts),
        frozen=_digest_if_any(tables.frozen),
        noise_weights=_digest_if_any(noise_weights),
    )


def _digest_if_any(array: NDArray[Any] | None) -> str | None:
    return None if array is None else digest_of(array)
