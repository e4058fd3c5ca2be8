"""Hooks that run during training, with gensim's names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from w2vfast.errors import warn
from w2vfast.system.threads import POLL_SECONDS

PROGRESS_SECONDS = 0.05  # between two calls of on_progress

HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_progress",
    "on_epoch_end",
    "on_train_end",
)


class StopTraining(Exception):
    """Raise this in a hook to end the training; the model keeps what it has learned."""


class CallbackAny2Vec:
    """Base class of callbacks: override the hooks you need.

    Hooks run on the thread that called `train`, between epochs, while no worker runs,
    so they may read the model's vectors.  If a hook raises `StopTraining`, no further
    epoch begins, and `on_train_end` still runs.  During training,
    ``model.wv.vectors`` is a view of memory whose layout changes at the end: copy the
    vectors that you want to keep.

    A callback may also have ``on_progress(model, progress)``, which gensim does not
    have: it runs at the start and the end of each epoch and about twenty times a second
    between them, on the same thread, while the workers go on.  `progress` has the
    attributes `epoch` (epochs done, such as 1.25), `n_epochs`, `ids`, `alpha` and
    `losses`; `Recorder` is an example.
    """

    def on_train_begin(self, model: Any) -> None:
        """Run before the first epoch.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        """

    def on_epoch_begin(self, model: Any) -> None:
        """Run before each epoch.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        """

    def on_epoch_end(self, model: Any) -> None:
        """Run after each epoch, whose summary is ``model.history[-1]``.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        """

    def on_train_end(self, model: Any) -> None:
        """Run after the last epoch.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        """


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Return the callbacks as a list, or raise TypeError if one has no hook."""
    given = [] if callbacks is None else callbacks
    if any(hasattr(given, hook) for hook in HOOKS) or not isinstance(given, Iterable):
        message = (
            f"callbacks must be a list of callbacks, got {given!r}. Use [callback]."
        )
        raise TypeError(message)
    given = list(given)
    for callback in given:
        if isinstance(callback, type):
            name = callback.__name__
            message = (
                f"callbacks must be a list of callbacks, got the class {name}. "
                f"Use {name}()."
            )
            raise TypeError(message)
        if not any(hasattr(callback, hook) for hook in HOOKS):
            message = (
                f"callbacks: {callback!r} has none of the hooks {', '.join(HOOKS)}. "
                f"Derive it from CallbackAny2Vec and override some."
            )
            raise TypeError(message)
        _warn_of_other_hooks(callback)
    return given


def _warn_of_other_hooks(callback: Any) -> None:
    others = [name for name in dir(callback) if name.startswith("on_")]
    others = [name for name in others if name not in HOOKS]
    if others:
        message = (
            f"{', '.join(others)} of {callback!r} will not be called; the hooks are "
            f"{', '.join(HOOKS)}."
        )
        warn(message)


def seconds_between_reports(callbacks: Sequence[Any]) -> float:
    """Return how often a run reports its progress to these callbacks [s]."""
    watched = any(hasattr(callback, "on_progress") for callback in callbacks)
    return PROGRESS_SECONDS if watched else POLL_SECONDS


def call_hooks(callbacks: Any, hook: str, *arguments: Any) -> bool:
    """Call one hook of every callback; return whether one raised `StopTraining`."""
    stop = False
    for callback in callbacks:
        try:
            getattr(callback, hook, _no_hook)(*arguments)
        except StopTraining:
            stop = True
    return stop


def _no_hook(*_: Any) -> None:
    """Replace a hook that a callback does not have."""
