"""Hooks of a training run, with gensim's names."""

from __future__ import annotations

from typing import Any


class StopTraining(Exception):
    """Raise in a hook to end the training; what was learnt so far is kept."""


class CallbackAny2Vec:
    """Base class of hooks: override those that are needed.

    Hooks run on the thread that called `train`, between epochs, while no worker
    runs, so they may read the model's vectors.  Any of them may raise
    `StopTraining`; then no further epoch is begun, and `on_train_end` still runs.
    """

    def on_train_begin(self, model: Any) -> None:
        """Run before the first epoch."""

    def on_epoch_begin(self, model: Any) -> None:
        """Run before each epoch."""

    def on_epoch_end(self, model: Any) -> None:
        """Run after each epoch; its figures are ``model.history[-1]``."""

    def on_train_end(self, model: Any) -> None:
        """Run after the last epoch."""


def call_hooks(callbacks: Any, hook: str, model: Any) -> bool:
    """Call one hook of every callback; return whether any asked to stop."""
    stop = False
    for callback in callbacks:
        try:
            getattr(callback, hook, _no_hook)(model)
        except StopTraining:
            stop = True
    return stop


def _no_hook(model: Any) -> None:
    """Stand in for a hook that a callback does not have."""
