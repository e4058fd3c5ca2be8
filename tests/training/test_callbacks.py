"""Callbacks: what is accepted, and how hooks are called."""

import pytest

from w2vfast.system.threads import POLL_SECONDS
from w2vfast.training.callbacks import (
    PROGRESS_SECONDS,
    CallbackAny2Vec,
    StopTraining,
    call_hooks,
    checked_callbacks,
    seconds_between_reports,
)


class Recorder(CallbackAny2Vec):
    def __init__(self):
        self.epochs = []

    def on_epoch_end(self, model):
        self.epochs.append(model)


class Stopper:
    """Not derived from the base class: one hook is enough."""

    def on_epoch_end(self, model):
        raise StopTraining


@pytest.mark.parametrize("given", [None, [], ()])
def test_no_callbacks_are_an_empty_list(given):
    assert checked_callbacks(given) == []


def test_callbacks_may_come_from_any_iterable():
    recorder, stopper = Recorder(), Stopper()
    assert checked_callbacks(iter([recorder, stopper])) == [recorder, stopper]


@pytest.mark.parametrize("given", [Recorder(), 5])
def test_a_callback_that_is_not_in_a_list_is_refused(given):
    with pytest.raises(TypeError, match=r"must be a list .* Use \[callback\]"):
        checked_callbacks(given)


def test_an_object_without_hooks_is_refused():
    with pytest.raises(TypeError, match="none of the hooks on_train_begin"):
        checked_callbacks([Recorder(), "on_epoch_end"])


def test_hooks_that_nobody_calls_give_a_warning():
    class Batches(CallbackAny2Vec):
        def on_batch_end(self, model):
            raise AssertionError

    with pytest.warns(UserWarning, match=r"on_batch_end of .* will not be called"):
        assert len(checked_callbacks([Batches()])) == 1


def test_hooks_of_the_base_class_do_nothing():
    hooks = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")
    assert not any(call_hooks([CallbackAny2Vec()], hook, None) for hook in hooks)


def test_every_callback_is_called_even_if_one_stops_the_training():
    recorder = Recorder()
    assert call_hooks([Stopper(), recorder], "on_epoch_end", "model")
    assert recorder.epochs == ["model"]


def test_a_callback_without_the_hook_is_skipped():
    assert not call_hooks([Stopper()], "on_train_begin", "model")


def test_another_error_of_a_hook_reaches_the_caller():
    class Broken:
        def on_train_end(self, model):
            message = "broken"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="broken"):
        call_hooks([Broken()], "on_train_end", None)


def test_reports_come_more_often_where_a_callback_watches_the_progress():
    class Watcher:
        def on_progress(self, model, progress):
            pass

    assert seconds_between_reports([Recorder(), Watcher()]) == PROGRESS_SECONDS
    assert seconds_between_reports([CallbackAny2Vec(), Stopper()]) == POLL_SECONDS


def test_a_class_in_place_of_a_callback_is_an_error():
    with pytest.raises(TypeError, match=r"class Recorder.* Use Recorder\(\)"):
        checked_callbacks([Recorder])
