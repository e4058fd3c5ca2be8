"""What several ranks can do together, and what they must have in common."""

from __future__ import annotations

import dataclasses
import zlib
from typing import TYPE_CHECKING, Any

from w2vfast.distributed.ranks import RankError, Ranks, ranks_of
from w2vfast.errors import Part, Setting, SettingsError

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.text.vocab import Vocab

OWN_SETTINGS = ("workers",)  # may differ between ranks


def checked_ranks(
    comm: Any,
    params: TrainParams,
    max_vocab_size: int | None,
    checkpoint: object,
) -> Ranks:
    """Return the ranks of a communicator.

    Parameters
    ----------
    comm
        As for `ranks_of`.
    params : TrainParams
    max_vocab_size, checkpoint
        Parameters of `Word2Vec`.

    Raises
    ------
    SettingsError
        If there are several ranks, and settings for one process only.
    """
    ranks = ranks_of(comm)
    if ranks.size == 1:
        return ranks
    refused: dict[str, tuple[object, str]] = {}
    if params.exact:
        refused["mode"] = ("exact", "The C program trains in one process.")
    if params.objective is not None:
        refused["objective"] = (params.objective, "Use negative sampling.")
    if params.deterministic:
        refused["deterministic"] = (True, "Use one process.")
    if max_vocab_size is not None:
        refused["max_vocab_size"] = (max_vocab_size, "Use max_final_vocab.")
    if checkpoint is not None:
        refused["checkpoint"] = (checkpoint, "Use one process.")
    for name, (value, remedy) in refused.items():
        parts: list[Part] = [
            Setting(name, value),
            f" is for one process, and there are {ranks.size}. ",
            remedy,
        ]
        raise SettingsError(parts)
    return ranks


def check_alike(ranks: Ranks, params: TrainParams, vocab: Vocab) -> None:
    """Raise RankError, on all ranks, if two of them would train different models.

    Parameters
    ----------
    ranks : Ranks
    params : TrainParams
    vocab : Vocab
    """
    if ranks.size == 1:
        return
    ranks.meet("the start of the training")
    own = {
        field.name: repr(getattr(params, field.name))
        for field in dataclasses.fields(params)
        if field.name not in OWN_SETTINGS
    }
    own["the vocabulary"] = f"checksum {_checksum(vocab):08x}"
    lines = "\n".join(f"{name}\0{value}" for name, value in own.items())
    for rank, message in enumerate(ranks.gather(lines.encode())):
        found = dict(line.split("\0") for line in message.decode().split("\n"))
        for name, value in own.items():
            if found[name] != value:
                text = (
                    f"rank {ranks.index} has {name} = {value}, rank {rank} has {name} "
                    f"= {found[name]}. Give all ranks the same arguments and texts."
                )
                raise RankError(text)


def _checksum(vocab: Vocab) -> int:
    words = "\0".join(map(str, vocab.words)).encode("utf-8", "surrogateescape")
    return zlib.crc32(vocab.counts.tobytes(), zlib.crc32(words))
