"""gensim's names that are no names here: settings on a model, old ones, idle arguments.

A program that was written for gensim finds what it asks for, or an error that says what
to write instead; nothing that it sets is passed over.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from w2vfast.params import (
    TrainParams,
    check_gensim_arguments,
    refuse_unknown_arguments,
)

# What gensim's names on a model read here: attributes of `TrainParams`.
_SETTINGS = {
    **{name: name for name in TrainParams.__dataclass_fields__},
    "alpha": "start_alpha",
    "min_alpha": "alpha_floor",
    "workers": "n_workers",
    "layer1_size": "vector_size",
}

# What a model had in gensim 3 and before, or has in gensim alone.
_TODAY = {
    "iter": "model.epochs",
    "size": "model.vector_size",
    "syn0": "model.wv.vectors",
    "syn0norm": "model.wv.get_normed_vectors()",
    "index2word": "model.wv.index_to_key",
    "init_sims": "model.wv.get_normed_vectors(); nothing has to be prepared",
    "accuracy": "model.wv.evaluate_word_analogies",
    "load_word2vec_format": "KeyedVectors.load_word2vec_format",
    "delete_temporary_training_data": "not needed; model.wv can be kept alone",
    "min_alpha_yet_reached": "model.history[-1].alpha",
    "running_training_loss": "model.get_latest_training_loss()",
    "total_train_time": "sum(epoch.seconds for epoch in model.history)",
    **{
        name: f"model.wv.{name}"
        for name in (
            *("most_similar", "most_similar_cosmul", "similarity", "n_similarity"),
            *("similar_by_word", "similar_by_vector", "doesnt_match", "distance"),
            *("index_to_key", "key_to_index", "vectors", "save_word2vec_format"),
            *("evaluate_word_analogies", "evaluate_word_pairs"),
        )
    },
}

# Arguments of gensim's build_vocab, build_vocab_from_freq and train that say how often
# it reports, what it keeps, or what is counted here: no result depends on them.
_IDLE = {
    "progress_per",
    "keep_raw_vocab",
    "corpus_count",
    "queue_factor",
    "report_delay",
}


class GensimNames:
    """Answers gensim's names on a model; see `Word2Vec`.

    Settings can be read as in gensim (``model.window``).  They cannot be set: a
    training that is given others takes them as arguments.
    """

    if not TYPE_CHECKING:  # a type checker would take it to answer any name

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property that failed: its own error
                return object.__getattribute__(self, name)
            if name in _SETTINGS:
                return getattr(self.params, _SETTINGS[name])
            if name in _TODAY:
                message = f"{name} of gensim's models is here {_TODAY[name]}"
            else:
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message)

        def __setattr__(self, name: str, value: Any) -> None:
            if name in _SETTINGS or name in _TODAY:
                message = (
                    f"{name} cannot be set on a model, whose settings are fixed. Give "
                    f"settings to Word2Vec, or to train for one call: epochs, "
                    f"start_alpha, end_alpha, compute_loss."
                )
                raise AttributeError(message)
            super().__setattr__(name, value)


def check_gensim_call(given: Mapping[str, Any], method: Callable[..., Any]) -> None:
    """Accept further arguments of gensim's method that change nothing, refuse others.

    Parameters
    ----------
    given : mapping
        Arguments that `method` does not name.
    method : callable
        The method that was called; its parameters are suggested for a slip.

    Raises
    ------
    TypeError
        For a name that gensim does not know either.
    ValueError
        If `trim_rule` or `word_count` would change the result.
    """
    known = inspect.signature(method).parameters.keys() - {"gensim"}
    refuse_unknown_arguments(given.keys() - _IDLE - {"trim_rule", "word_count"}, known)
    check_gensim_arguments(trim_rule=given.get("trim_rule"))
    if given.get("word_count"):
        message = (
            f"word_count={given['word_count']!r} is not supported; it must be 0. To go "
            f"on at a lower learning rate, give start_alpha."
        )
        raise ValueError(message)
