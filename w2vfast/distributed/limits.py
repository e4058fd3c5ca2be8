"""What several ranks can do together, and what they must have in common."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from w2vfast import _core
from w2vfast.distributed.cpus import workers_of
from w2vfast.distributed.ranks import RankError, Ranks, ranks_of
from w2vfast.errors import Setting, SettingsError
from w2vfast.training.spans import SHARDS
from w2vfast.training.weights import MATRICES, estimate_memory

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.text.vocab import Vocab
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

OWN_SETTINGS = ("workers",)  # may differ between ranks
CHECKSUM_ROWS = 1 << 14  # of a matrix, that are copied at once
_INSTRUCTIONS = "the instruction set"


def checked_ranks(
    comm: Any,
    params: TrainParams,
    max_vocab_size: int | None,
) -> Ranks:
    """Return the ranks of a communicator.

    Parameters
    ----------
    comm
        As for `ranks_of`.
    params : TrainParams
    max_vocab_size
        A parameter of `Word2Vec`.

    Raises
    ------
    SettingsError
        If there are several ranks, and settings for one process only.
    """
    ranks = ranks_of(comm)
    if ranks.size == 1:
        return ranks
    of_one_process = (
        ("mode", params.exact and params.mode, "The C program trains in one process."),
        ("objective", params.objective, "Use negative sampling."),
        (
            "deterministic",
            params.deterministic and ranks.size > SHARDS,
            f"It has {SHARDS} shards: use at most as many processes.",
        ),
        ("max_vocab_size", max_vocab_size, "Use max_final_vocab."),
    )
    for name, value, remedy in of_one_process:
        if value is not None and value is not False:
            text = f" is for one process, and there are {ranks.size}. {remedy}"
            raise SettingsError((Setting(name, value), text))
    return ranks


def params_of_rank(
    ranks: Ranks, params: TrainParams, seed: int | None, workers: int | None
) -> TrainParams:
    """Return the settings, with one seed for all ranks and this one's workers.

    Parameters
    ----------
    ranks : Ranks
    params : TrainParams
    seed, workers : int or None
        As the user gave them.
    """
    if ranks.size == 1:
        return params
    ranks.meet("the settings")
    first = int(ranks.gather(str(params.seed).encode())[0])
    return dataclasses.replace(
        params,
        seed=first if seed is None else params.seed,
        workers=workers_of(ranks, workers),
    )


def check_alike(
    ranks: Ranks, params: TrainParams, vocab: Vocab, weights: Weights, tables: Tables
) -> None:
    """Raise RankError, on all ranks, if two of them would train different models.

    Parameters
    ----------
    ranks : Ranks
    params : TrainParams
    vocab : Vocab
    weights : Weights
        At the start.
    tables : Tables
    """
    if ranks.size == 1:
        return
    own = {
        field.name: repr(getattr(params, field.name))
        for field in dataclasses.fields(params)
        if field.name not in OWN_SETTINGS
    }
    own["the vocabulary"] = _of_words(vocab)
    own["the vectors at the start"] = _of_weights(weights)
    own["the noise weights"] = _checksum(tables.noise or ())
    own["the frozen words"] = _checksum([tables.frozen])
    if params.deterministic:  # each rank merges all rows, to the last bit
        own[_INSTRUCTIONS] = _core.INSTRUCTION_SET
    ranks.meet("the start of the training")
    lines = "\n".join(f"{name}\0{value}" for name, value in own.items())
    for rank, message in enumerate(ranks.gather(lines.encode())):
        found = dict(line.split("\0") for line in message.decode().split("\n"))
        for name, value in own.items():
            if found[name] != value:
                remedy = "Give all ranks the same arguments and texts."
                if name == _INSTRUCTIONS:
                    remedy = "Set W2VFAST_ISA, on all machines, to one that all have."
                text = (
                    f"rank {ranks.index} has {name} = {value}, rank {rank} has {name} "
                    f"= {found[name]}. {remedy}"
                )
                raise RankError(text)


def memory_of_rank(ranks: Ranks, n_rows: int, params: TrainParams) -> dict[str, int]:
    """Return what `estimate_memory` does, with `bases`: the rows at the last merge.

    Parameters
    ----------
    ranks : Ranks
    n_rows : int
        Rows of the vocabulary, the sentence end included.
    params : TrainParams
    """
    sizes = estimate_memory(n_rows, params)
    if ranks.size == 1 or params.deterministic:
        return sizes
    return with_bases(sizes)


def with_bases(sizes: dict[str, int]) -> dict[str, int]:
    """Return what `estimate_memory` returned, with the rows at the last merge."""
    bases = sum(sizes.get(name, 0) for name in MATRICES)
    parts = {name: size for name, size in sizes.items() if name != "total"}
    return {**parts, "bases": bases, "total": sizes["total"] + bases}


def _of_words(vocab: Vocab) -> str:
    words = "\0".join(map(str, vocab.words)).encode("utf-8", "surrogateescape")
    return _checksum([words, vocab.counts])


def _of_weights(weights: Weights) -> str:
    pieces = (
        rows.vectors[start : start + CHECKSUM_ROWS]
        for _, rows in weights
        for start in range(0, len(rows.vectors), CHECKSUM_ROWS)
    )
    return _checksum(pieces)


def _checksum(parts: Iterable[Any]) -> str:
    found = 0
    for part in parts:
        if part is not None:
            is_array = isinstance(part, np.ndarray)
            found = zlib.crc32(part.tobytes() if is_array else part, found)
    return f"checksum {found:08x}"
