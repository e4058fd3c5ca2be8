"""The loop over the epochs of one training: order of hooks, history, stopping."""

import pytest

from w2vfast import StopTraining
from w2vfast.training.callbacks import HOOKS
from w2vfast.training.epochs import run_epochs
from w2vfast.training.history import Losses, Progress

MODEL = object()


class FakeTrainer:
    """Stands in for a Trainer: an epoch is its number."""

    n_ids = 10
    ids_done = first_epoch = 0

    def __init__(self, calls):
        self.calls = calls

    def run_epoch(self, epoch, report, pauses, report_seconds):
        self.calls.append(epoch)
        report(Progress(epoch + 1, 9, self.n_ids * (epoch + 1), 0.1, Losses(), ""))
        return epoch

    def position_after(self, epoch):
        return epoch

    def should_stop(self, wanted):
        return wanted


class Recorder:
    """Records its hooks, and may stop or fail in one of them."""

    def __init__(self, calls, hook=None, error=StopTraining):
        self.calls = calls
        for name in HOOKS:
            setattr(self, name, self.recording(name, error if name == hook else None))

    def recording(self, name, error):
        def run(model, progress=None):
            assert model is MODEL
            assert (progress is not None) == (name == "on_progress")
            self.calls.append(name)
            if error is not None:
                raise error

        return run


def run(n_epochs, hook=None, error=StopTraining):
    calls, history = [], []
    recorder = Recorder(calls, hook, error)
    try:
        run_epochs(FakeTrainer(calls), n_epochs, history, [recorder], MODEL, False)
    except KeyError:
        calls.append("error")
    return calls, history


def test_hooks_run_around_training_and_around_each_epoch():
    calls, history = run(2)
    epochs = [["on_epoch_begin", n, "on_progress", "on_epoch_end"] for n in (0, 1)]
    assert calls == ["on_train_begin", *epochs[0], *epochs[1], "on_train_end"]
    assert history == [0, 1]


@pytest.mark.parametrize(
    ("hook", "n_epochs"),
    [
        ("on_train_begin", 0),
        ("on_epoch_begin", 0),
        ("on_progress", 1),
        ("on_epoch_end", 1),
    ],
)
def test_no_epoch_begins_after_a_hook_stopped_and_the_last_hook_still_runs(
    hook, n_epochs
):
    calls, history = run(3, hook)
    assert len(history) == n_epochs
    assert calls[-1] == "on_train_end"


def test_another_error_ends_the_training_and_keeps_the_history():
    calls, history = run(3, "on_epoch_end", KeyError)
    assert history == [0]
    assert calls[-2:] == ["on_epoch_end", "error"]
