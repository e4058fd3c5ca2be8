"""One checkpoint on disk: a folder with digests of everything in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.checkpoint.identity import RunIdentity, digest_of
from w2vfast.formats.folder import CHECKPOINT_KIND, load_folder, save_folder
from w2vfast.params import TrainParams
from w2vfast.system.json_files import checked
from w2vfast.training.history import EpochStats
from w2vfast.training.position import Position
from w2vfast.training.weights import MATRICES

VERSION = 1
_STARTS = "span_starts"


@dataclass(frozen=True)
class Checkpoint:
    """A state of a training between two spans.

    Parameters
    ----------
    run : RunIdentity
        What is trained, and how.
    position : Position
    finished : bool
        Nothing is left to train.
    history : list of EpochStats
        Of the epochs that are done, those before this run included.
    starts : ndarray of int64, shape (S + 1,)
        Offsets of the spans.
    weights : dict of str to ndarray of float32, shape (V, D)
        The matrices by name.
    arrays : dict of str to ndarray
        `Trainer.arrays`.
    instruction_set : str
        Of the processor that computed them.
    """

    run: RunIdentity
    position: Position
    finished: bool
    history: list[EpochStats]
    starts: NDArray[np.int64]
    weights: Mapping[str, NDArray[np.float32]]
    arrays: Mapping[str, NDArray[Any]]
    instruction_set: str = _core.INSTRUCTION_SET


@dataclass(frozen=True)
class _Meta:
    """What a folder says of a checkpoint besides its arrays: see `Checkpoint`."""

    run: RunIdentity
    position: Position
    finished: bool
    history: list[EpochStats]
    instruction_set: str
    digests: dict[str, str]


def write_checkpoint(path: str, checkpoint: Checkpoint) -> None:
    """Write a folder, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written, or exists.
    """
    arrays: dict[str, NDArray[Any]] = {
        **checkpoint.weights,
        **checkpoint.arrays,
        _STARTS: checkpoint.starts,
    }
    meta: dict[str, Any] = {
        "kind": CHECKPOINT_KIND,
        "checkpoint_version": VERSION,
        "run": dataclasses.asdict(checkpoint.run),
        "position": dataclasses.asdict(checkpoint.position),
        "finished": checkpoint.finished,
        "history": [dataclasses.asdict(stats) for stats in checkpoint.history],
        "instruction_set": checkpoint.instruction_set,
        "digests": {name: digest_of(array) for name, array in arrays.items()},
    }
    save_folder(path, {**meta, "digest": _digest_of_meta(meta)}, arrays)


def read_checkpoint(path: str, *, whole: bool = True) -> Checkpoint:
    """Read a folder that `write_checkpoint` wrote.

    Parameters
    ----------
    path : str
    whole : bool, default True
        Compare the digests of the arrays, which reads them once; they are mapped
        in any case.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is damaged, something else, or of a later version.
    """
    found, arrays = load_folder(path, mmap=True)
    if found.get("kind") != CHECKPOINT_KIND:
        message = f"{path} holds {found.get('kind')!r}, not a {CHECKPOINT_KIND}."
        raise ValueError(message)
    version = found.get("checkpoint_version")
    if version != VERSION:
        message = (
            f"{path} is a checkpoint of version {version!r}, and this version of "
            f"w2vfast reads {VERSION}; go on with the version that wrote it."
        )
        raise ValueError(message)
    digest = found.pop("digest", None)
    if digest != _digest_of_meta(found):
        raise _damaged(path, "its description was changed")
    meta = checked(_Meta, found, path)
    TrainParams.from_file(meta.run.params, path)  # raises what is wrong with them
    if set(meta.digests) != set(arrays) or not {"syn0", _STARTS} <= set(arrays):
        raise _damaged(path, "its arrays are not those that were written")
    for name, array in arrays.items():
        if whole and digest_of(array) != meta.digests[name]:
            raise _damaged(path, f"{name} was changed")
    starts = np.array(arrays.pop(_STARTS))
    weights = {name: arrays.pop(name) for name in MATRICES if name in arrays}
    return Checkpoint(
        run=meta.run,
        position=meta.position,
        finished=meta.finished,
        history=meta.history,
        starts=starts,
        weights=weights,
        arrays=arrays,
        instruction_set=meta.instruction_set,
    )


def _digest_of_meta(meta: dict[str, Any]) -> str:
    text = json.dumps(meta, sort_keys=True).encode("ascii")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _damaged(path: str, why: str) -> ValueError:
    return ValueError(f"{path} is damaged: {why}")
