"""Run the epochs of one call of `train`: hooks, progress and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from w2vfast.system.progress import ProgressBar
from w2vfast.training.callbacks import call_hooks, seconds_between_reports
from w2vfast.training.position import NoPauses

if TYPE_CHECKING:
    from w2vfast.training.history import EpochStats, Progress
    from w2vfast.training.position import Pauses
    from w2vfast.training.trainer import Trainer


def run_epochs(
    trainer: Trainer,
    n_epochs: int,
    history: list[EpochStats],
    callbacks: Sequence[Any],
    model: object,
    progress: bool | None,
    pauses: Pauses | None = None,
) -> None:
    """Train for some epochs, or until a hook asks to stop.

    Parameters
    ----------
    trainer : Trainer
    n_epochs : int
    history : list of EpochStats
        INOUT: each epoch is appended when it ends.
    callbacks : sequence
        Objects with hooks; see `w2vfast.training.callbacks`.
    model : object
        Passed to the hooks.
    progress : bool or None
        As for `w2vfast.system.progress.ProgressBar`.
    pauses : Pauses, optional
        When the trainer pauses between two spans; told when the last epoch is done.

    Notes
    -----
    After a hook has raised `StopTraining` no further epoch begins, and
    ``on_train_end`` still runs.
    """
    stop = call_hooks(callbacks, "on_train_begin", model)
    pauses = pauses or NoPauses()
    seconds = seconds_between_reports(callbacks)
    done, epoch = trainer.ids_done, trainer.first_epoch  # of the run it goes on from
    with ProgressBar(progress, n_epochs * trainer.n_ids - done, "tokens") as bar:

        def report(progress: Progress) -> None:
            nonlocal stop
            bar.show(progress.ids - done, progress.text)
            stop = call_hooks(callbacks, "on_progress", model, progress) or stop

        while epoch < n_epochs:
            stop = stop or call_hooks(callbacks, "on_epoch_begin", model)
            if trainer.should_stop(stop):
                break
            history.append(trainer.run_epoch(epoch, report, pauses, seconds))
            epoch += 1
            stop = call_hooks(callbacks, "on_epoch_end", model) or stop
    pauses.finish(trainer.position_after(epoch))
    call_hooks(callbacks, "on_train_end", model)
