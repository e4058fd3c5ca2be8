"""The wish for checkpoints: where, how often, and whether to go on from one."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.checkpoint.folder import CheckpointFolder
from w2vfast.checkpoint.identity import RunIdentity, check_params
from w2vfast.checkpoint.interval import DEFAULT, EVERY, interval_of
from w2vfast.checkpoint.saver import SIGNALS, CheckpointedRun, Saver
from w2vfast.checkpoint.storage import Checkpoint
from w2vfast.errors import (
    Name,
    ParameterError,
    ParameterTypeError,
    Part,
    Setting,
    SettingsError,
)
from w2vfast.system.log import logger
from w2vfast.system.signals import WaitingSignals
from w2vfast.training.history import EpochStats
from w2vfast.training.position import NoPauses, Pauses

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.trainer import Trainer


class NoCheckpoints:
    """The plan of a run without checkpoints."""

    @contextlib.contextmanager
    def prepared(self, params: TrainParams) -> Iterator[None]:
        """Do nothing."""
        del params
        yield

    @contextlib.contextmanager
    def run(
        self,
        trainer: Trainer,
        identity: Callable[[], RunIdentity],
        history: list[EpochStats],
    ) -> Iterator[Pauses]:
        """Yield what never pauses."""
        del trainer, identity, history
        yield NoPauses()


class CheckpointPlan:
    """Where checkpoints are written, how often, and whether the run goes on from one.

    Parameters
    ----------
    path : str or path-like
        The folder.
    every : str, default "10min"
        As for `interval_of`.
    resume : bool, default False
        Go on from the newest checkpoint; without any, begin at the start.

    Raises
    ------
    ParameterTypeError, ParameterError
        If one of them is of another kind.
    """

    def __init__(
        self, path: PathLike, every: str = DEFAULT, resume: bool = False
    ) -> None:
        _check_path(path)
        _check_resume(resume)
        self.every = every
        self.resume = resume
        self.folder = CheckpointFolder(path)
        self._interval = interval_of(every)

    @functools.cached_property
    def before(self) -> tuple[str, Checkpoint] | None:
        """The newest checkpoint as it was at first, without its weights.

        Its arrays are not checked.
        """
        found = self.folder.newest(whole=False)
        if found is None:
            return None
        path, checkpoint = found
        # Copies: a file that is mapped cannot be removed on Windows.
        arrays = {name: np.array(array) for name, array in checkpoint.arrays.items()}
        return path, dataclasses.replace(checkpoint, weights={}, arrays=arrays)

    @contextlib.contextmanager
    def prepared(self, params: TrainParams) -> Iterator[None]:
        """Raise early, before the text is read, what would be raised after it.

        While the block runs, SIGUSR1 has no effect: there is nothing to write yet.

        Raises
        ------
        SettingsError
            If there are checkpoints and no wish to go on from them, or they are of a
            training with other settings.
        OSError
            If the folder cannot be read, or not be written where that is needed.
        """
        names = self.folder.names()
        if names and not self.resume:
            raise SettingsError(_would_mix(self.folder.path, names[-1]))
        found = self.before
        if found is not None:
            path, checkpoint = found
            check_params(params, checkpoint.run, path)
        if found is None or not checkpoint.finished:
            self.folder.check_writable()
        with WaitingSignals(("SIGUSR1",)):
            yield

    @contextlib.contextmanager
    def run(
        self,
        trainer: CheckpointedRun,
        identity: Callable[[], RunIdentity],
        history: list[EpochStats],
    ) -> Iterator[Saver]:
        """Prepare a run; yield what its trainer pauses for.

        Parameters
        ----------
        trainer : CheckpointedRun
            INOUT: stands where the newest checkpoint stood.
        identity : callable
            Returns the `RunIdentity`; it reads the whole text.
        history : list of EpochStats
            INOUT: that of the checkpoint.

        Raises
        ------
        SettingsError
            As by `prepared`, also if text or vocabulary differ.
        OSError
            If the folder cannot be used, or another process uses it.
        """
        with self.folder.used_alone(), WaitingSignals(SIGNALS) as signals:
            names = self.folder.names()
            if names and not self.resume:
                raise SettingsError(_would_mix(self.folder.path, names[-1]))
            run = identity()
            is_finished = self._go_on(trainer, run, history)
            saver = Saver(
                folder=self.folder,
                interval=self._interval,
                run=run,
                trainer=trainer,
                history=history,
                signals=signals,
                is_finished=is_finished,
            )
            try:
                yield saver
            finally:
                saver.close()

    def _go_on(
        self, trainer: CheckpointedRun, run: RunIdentity, history: list[EpochStats]
    ) -> bool:
        """Let a trainer stand where the newest checkpoint stood, if there is one.

        Returns whether nothing is left to train.
        """
        found = self.folder.newest()
        if found is None:
            if self.resume:
                logger.info("%s has no checkpoint: training begins.", self.folder)
            return False
        path, checkpoint = found
        run.check(checkpoint.run, path)
        self.folder.remove_older()
        _check_parts(trainer, checkpoint, path)
        position = checkpoint.position
        if checkpoint.finished:  # also if a hook ended it before its last epoch
            position = dataclasses.replace(position, epoch=trainer.n_epochs)
        try:
            trainer.restore(position, checkpoint.starts, checkpoint.arrays)
        except (ValueError, OverflowError) as error:
            message = f"{path} cannot be resumed: {error}"
            raise ValueError(message) from error
        for name, rows in trainer.weights:
            rows.vectors[...] = checkpoint.weights[name]
        history[:] = checkpoint.history
        logger.info("Resuming from %s: %s tokens are done.", path, f"{position.ids:,}")
        return checkpoint.finished


Plan = NoCheckpoints | CheckpointPlan


def plan_of(
    path: PathLike | None,
    every: str | None,
    resume: bool | None,
    base: Plan | None = None,
) -> Plan:
    """Return the plan for three parameters, each of which may be None.

    Parameters
    ----------
    path, every, resume
        `checkpoint`, `checkpoint_every` and `resume`.
    base : NoCheckpoints or CheckpointPlan, optional
        What is not given is as in this plan.

    Raises
    ------
    ParameterTypeError, ParameterError
        If `every` is no interval, or there is no folder.
    """
    if isinstance(base, CheckpointPlan):
        path = base.folder.path if path is None else path
        every = base.every if every is None else every
        resume = base.resume if resume is None else resume
    if path is not None:
        every = DEFAULT if every is None else every
        return CheckpointPlan(path, every, False if resume is None else resume)
    if every is not None or resume:
        given = Setting("resume", True) if resume else Setting(EVERY, every)
        message = (given, " needs ", Name("checkpoint"), ", the folder.")
        raise SettingsError(message)
    return NoCheckpoints()


def _check_path(path: object) -> None:
    name, accepted = "checkpoint", "the path of a folder"
    unset = "no checkpoints are written"
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise ParameterTypeError(name, path, accepted, unset=unset)
    if not os.fspath(path):
        raise ParameterError(name, path, accepted, unset=unset)


def _check_resume(resume: object) -> None:
    if not isinstance(resume, (bool, np.bool_)):
        name = "resume"
        hint = "True goes on from the newest checkpoint, if there is one."
        raise ParameterTypeError(name, resume, "True or False", hint)


def _would_mix(path: str, name: str) -> list[Part]:
    return [
        f"{path} has checkpoints of an earlier run, such as {name}. Give ",
        Setting("resume", True),
        " to go on from it, or name another folder, or remove this one.",
    ]


def _check_parts(trainer: CheckpointedRun, found: Checkpoint, path: str) -> None:
    """Raise ValueError unless weights, spans and position fit the trainer."""
    weights = {name: rows.vectors for name, rows in trainer.weights}
    fit = _forms(found.weights) == _forms(weights)
    fit = fit and _forms(found.arrays) == _forms(trainer.arrays)
    starts, position = found.starts, found.position
    fit = fit and starts.dtype == np.int64 and starts.ndim == 1 and len(starts) > 1
    fit = fit and bool(starts[0] == 0 and starts[-1] == trainer.n_ids)
    fit = fit and bool((starts[1:] > starts[:-1]).all())
    fit = fit and trainer.can_stand_at(position) and position.next_span < len(starts)
    if not fit:
        message = (
            f"{path} is damaged, or another version of w2vfast wrote it: its parts do "
            "not fit each other. Go on with the version that wrote it"
        )
        raise ValueError(message)


def _forms(
    arrays: Mapping[str, NDArray[Any]],
) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
    return {name: (array.dtype, array.shape) for name, array in arrays.items()}
