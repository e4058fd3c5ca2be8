"""Compatibility with names of gensim, fastText and the C program.

Programs written for gensim 4 run unchanged, except for what docs/coming-from/gensim.md
lists.  A name that only another program or version has raises an error that gives the
name to use.  Arguments that would change the result are refused, never ignored.
"""

from __future__ import annotations

import codecs
import difflib
import inspect
from abc import ABCMeta
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from w2vfast.errors import ParameterError, shortened, warn, whole_number
from w2vfast.params import TrainParams

Where = Literal["parameter", "model", "vectors"]

_VECTORS = {
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "vocab": "key_to_index, the row of each key, and get_vecattr(key, 'count')",
    "syn0": "vectors",
    "syn0norm": "get_normed_vectors()",
    "vectors_norm": "get_normed_vectors()",
    "init_sims": "get_normed_vectors(); nothing needs to be prepared. To replace the "
    "vectors: unit_normalize_all()",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "accuracy": "evaluate_word_analogies",
    "log_accuracy": "evaluate_word_analogies",
    "log_evaluate_word_pairs": "evaluate_word_pairs",
    "add": "add_vectors",
    "norms": "get_normed_vectors(), or numpy.linalg.norm(wv.vectors, axis=1)",
    "next_index": "len(wv)",
}
# Names of the vectors that gensim 3 also had on a model.
_MOVED_TO_VECTORS = (
    *("most_similar", "most_similar_cosmul", "similarity", "n_similarity"),
    *("similar_by_word", "similar_by_vector", "doesnt_match", "distance"),
    *("index_to_key", "key_to_index", "vectors", "save_word2vec_format"),
    *("evaluate_word_analogies", "evaluate_word_pairs", "intersect_word2vec_format"),
)
# Parts of the vectors that programs for gensim 3 assign, without an effect today.
_ASSIGNED_BEFORE = {
    *("index2word", "index2entity", "vocab"),
    *("syn0", "syn0norm", "vectors_norm"),
}
_OLD_ON_MODEL = ("syn0", "syn0norm", "index2word", "init_sims", "accuracy")

# Names of other programs and versions, and the names to use.
_NAMES: dict[Where, dict[str, str]] = {
    "vectors": _VECTORS,
    "model": {
        "iter": "model.epochs",
        "size": "model.vector_size",
        "load_word2vec_format": "KeyedVectors.load_word2vec_format",
        "delete_temporary_training_data": "not needed; model.wv can be kept alone",
        "min_alpha_yet_reached": "model.history[-1].alpha",
        "running_training_loss": "model.get_latest_training_loss()",
        "total_train_time": "sum(epoch.seconds for epoch in model.history)",
        "train_count": "len(model.history), the number of epochs",
        "vocabulary": "model.wv and model.build_vocab",
        "trainables": "model and model.wv",
        "scan_vocab": "model.build_vocab",
        "prepare_vocab": "model.build_vocab",
        "raw_vocab": "model.wv, whose words have model.wv.get_vecattr(word, 'count')",
        "cum_table": "model.noise_weights, or the counts of the words",
        "random": "model.seed",
        "effective_min_count": "model.min_count; after max_final_vocab the least of "
        "model.wv.counts",
        **{name: f"model.wv.{_VECTORS[name]}" for name in _OLD_ON_MODEL},
        **{name: f"model.wv.{name}" for name in _MOVED_TO_VECTORS},
    },
    "parameter": {
        "size": "vector_size",
        "dim": "vector_size",
        "ws": "window",
        "iter": "epochs",
        "epoch": "epochs",
        "threads": "workers",
        "thread": "workers",
        "lr": "alpha",
        "neg": "negative",
        "minCount": "min_count",
        "t": "sample",
        "input": "corpus_file, or for phrases sentences=LineSentence(path)",
        "output": "model.wv.save(path) after the training",
        "loss": "hs and negative, or objective",
        "pretrainedVectors": "init_vectors",
        "common_terms": "connector_words",
        "corpus_file": "sentences=LineSentence(path)",
        "tokenize": "token lists: [tokenizer(text) for text in texts], with "
        "SimpleTokenizer or another one",
        "column": "the column itself: table['text']",
        **dict.fromkeys(("learning_rate", "start_alpha"), "alpha"),
        **dict.fromkeys(("embedding_dim", "embedding_size", "n_dim"), "vector_size"),
        **dict.fromkeys(("dimension", "dimensions", "vec_size"), "vector_size"),
        **dict.fromkeys(("n_jobs", "num_workers", "n_threads"), "workers"),
        **dict.fromkeys(("negative_samples", "num_sampled", "n_negative"), "negative"),
        **dict.fromkeys(("random_state", "random_seed"), "seed"),
        **dict.fromkeys(("verbose", "show_progress"), "progress"),
        **dict.fromkeys(("skip_gram", "skipgram"), "sg=1 (CBOW: sg=0)"),
        **dict.fromkeys(("cbow", "model"), "sg: 1 for skip-gram, 0 for CBOW"),
    },
}
# Names of other programs that nothing here replaces, and what to do without them.
_ABSENT: dict[Where, dict[str, str]] = {
    "vectors": {
        "wmdistance": "compare means by n_similarity, or give the vectors to a library "
        "for optimal transport",
        "similarity_unseen_docs": "compare means by n_similarity",
        "resize_vectors": "add_vectors makes room itself",
        "allocate_vecattrs": "set_vecattr makes room itself",
        "mapfile_path": "load(folder, mmap=True) maps vectors",
        "add_lifecycle_event": "leave it out",
    },
    "model": {
        "wmdistance": "compare means by model.wv.n_similarity",
        **dict.fromkeys(("prepare_weights", "init_weights"), "build_vocab is enough"),
        "update_weights": "build_vocab(update=True) grows the vectors, too",
        **dict.fromkeys(("make_cum_table", "create_binary_tree"), "train makes it"),
        **dict.fromkeys(("add_lifecycle_event", "lifecycle_events"), "leave it out"),
        **dict.fromkeys(("add_null_word", "seeded_vector"), "leave it out"),
        **dict.fromkeys(("batch_words", "hashfxn", "comment"), "it has no effect"),
        "sorted_vocab": "words are always sorted by descending count",
        "null_word": "there is no padding word",
    },
    "parameter": {},
}
# gensim has both names of a text, each in some classes and methods; so it is here.
_TEXTS = {"sentences": "corpus_iterable", "corpus_iterable": "sentences"}
# Parameters of fastText without a counterpart.
FASTTEXT_ONLY = ("minn", "maxn", "wordNgrams", "bucket", "label")

# gensim's names of a model's settings: attributes of `TrainParams`.
_SETTINGS = {
    **{name: name for name in TrainParams.__dataclass_fields__},
    "alpha": "start_alpha",
    "min_alpha": "alpha_floor",
    "workers": "n_workers",
    "layer1_size": "vector_size",
}

# Attributes of a model that are assigned, besides its settings.
_ASSIGNED = (
    *("callbacks", "history", "corpus_count", "corpus_total_words"),
    *("tokenize", "column"),
)

# Arguments of gensim's build_vocab, build_vocab_from_freq and train that control
# reports, memory, or counts that are taken from the corpus: no result depends on them.
_WITHOUT_EFFECT = {
    "progress_per",
    "keep_raw_vocab",
    "corpus_count",
    "queue_factor",
    "report_delay",
}


def replacement(where: Where, name: str) -> str | None:
    """Return what to use instead of a name of another program or version.

    Parameters
    ----------
    where : {"parameter", "model", "vectors"}
        Whether the name is a parameter, an attribute of a model, or of its vectors.
    name : str

    Returns
    -------
    str or None
        A name or an expression; None for a name that is not known.
    """
    return _NAMES[where].get(name)


def _message(where: Where, owner: str, name: str, known: Iterable[str]) -> str:
    """Return the message of the AttributeError for a name that does not exist.

    Parameters
    ----------
    where : {"model", "vectors"}
    owner : str
        Whose attribute it is, for the message.
    name : str
    known : iterable of str
        Attributes that exist.
    """
    whose = {"model": "gensim's models", "vectors": "gensim's vectors"}[where]
    if name in _NAMES[where]:
        return f"{name} of {whose} is here {_NAMES[where][name]}"
    if name in _ABSENT[where]:
        return f"{name} of {whose} is not here: {_ABSENT[where][name]}"
    message = f"{owner} has no attribute {name!r}"
    near = _nearest(name, {*known, *_NAMES[where]})
    return (
        f"{message}; did you mean {_NAMES[where].get(near, near)}?" if near else message
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return a public name that another may be a misspelling of, or ""."""
    if name.startswith("_"):  # asked for by libraries, many times
        return ""
    public = [other for other in known if not other.startswith("_")]
    near = difflib.get_close_matches(name, public, n=1, cutoff=0.75)
    return near[0] if near else ""


def refuse_old_name(owner: object, name: str) -> None:
    """Raise AttributeError if vectors have another name today for what is assigned.

    A subclass of a program may call its own attributes so.
    """
    is_ours = type(owner).__module__.partition(".")[0] == "w2vfast"
    if name in _ASSIGNED_BEFORE and is_ours:
        message = f"{name} cannot be set: it is of gensim 3, and here {_VECTORS[name]}"
        raise AttributeError(message)


def missing_attribute(owner: object, name: str) -> AttributeError:
    """Return an error that tells what to use instead of a name of another program."""
    where: Where = type(owner)._where  # type: ignore[attr-defined]
    known = {*dir(type(owner)), *vars(owner)}
    if where == "model":
        known |= _SETTINGS.keys()
    text = _message(where, f"{type(owner).__name__!r} object", name, known)
    return AttributeError(text)


class HintedNames(ABCMeta):
    """The class of `Word2Vec` and `KeyedVectors`: gives hints on the classes, too.

    Derived from `ABCMeta`, so that subclasses may also be abstract.
    """

    _where: Where

    if not TYPE_CHECKING:  # otherwise a type checker would accept any attribute

        def __getattr__(cls, name: str) -> Any:
            if name == "_where":
                raise AttributeError(name)
            owner = f"type object {cls.__name__!r}"
            raise AttributeError(_message(cls._where, owner, name, dir(cls)))


if TYPE_CHECKING:
    class_only_method = classmethod
else:

    class class_only_method(classmethod):
        """A class method that is an error on an instance, which it would not change."""

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            if instance is not None:
                name = self.__func__.__name__
                message = (
                    f"{name} is called on the class, and returns another object: "
                    f"model = {type(instance).__name__}.{name}(path). It does not "
                    "change this one."
                )
                raise AttributeError(message)
            return super().__get__(instance, owner)


class GensimNames(metaclass=HintedNames):
    """Attributes of gensim's models; a base class of `Word2Vec`.

    Settings can be read as in gensim (``model.window``).  They cannot be assigned;
    `train` takes other settings as arguments.
    """

    _where: Where = "model"
    _params: TrainParams

    if not TYPE_CHECKING:  # otherwise a type checker would accept any attribute

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property raised: repeat its error
                return object.__getattribute__(self, name)
            if name in _SETTINGS:
                return getattr(self._params, _SETTINGS[name])
            raise missing_attribute(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "running_training_loss":  # gensim's way to start a sum anew
                message = (
                    "running_training_loss has no effect here: "
                    "get_latest_training_loss() is the mean of the last epoch. Leave "
                    "the assignment out."
                )
                warn(message)
                return
            is_setting = name == "params" or name in _SETTINGS
            if is_setting or replacement("model", name) is not None:
                message = (
                    f"{name} cannot be set on a model, whose settings are fixed. Give "
                    f"settings to Word2Vec, or to train for one call: epochs, "
                    f"start_alpha, end_alpha, compute_loss."
                )
                raise AttributeError(message)
            # Not by getattr, whose error would look for similar names.
            found = (vars(cls).get(name) for cls in type(self).__mro__)
            if any(isinstance(attribute, property) for attribute in found):
                message = (
                    f"{name} cannot be assigned to a model. To begin with given "
                    "vectors, give init_vectors= to Word2Vec. Vectors alone need no "
                    "model: ask the KeyedVectors itself."
                )
                raise AttributeError(message)
            self._refuse_misspelt(name)
            super().__setattr__(name, value)

    def _refuse_misspelt(self, name: str) -> None:
        """Raise AttributeError for a new attribute that is nearly one of the model."""
        if name.startswith("_") or name in self.__dict__:
            return
        known = {*_SETTINGS, *_ASSIGNED, *dir(type(self))}
        if name in known:
            return
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if near:
            message = (
                f"a model has no attribute {name!r} to set; did you mean {near[0]}? "
                "Settings are given to Word2Vec, or to train."
            )
            raise AttributeError(message)

    def __getitem__(self, word: Any) -> NoReturn:
        message = f"a model has no items; its vectors have: model.wv[{shortened(word)}]"
        raise TypeError(message)

    def __contains__(self, word: Any) -> NoReturn:
        message = (
            f"a model has no items; its vectors have: {shortened(word)} in model.wv"
        )
        raise TypeError(message)


def refuse_unknown_arguments(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise TypeError if there is a name, and suggest the parameter that was meant.

    Parameters
    ----------
    names : iterable of str
        Arguments that were given but do not exist.
    known : iterable of str
        Parameters that exist.

    Raises
    ------
    TypeError
        For the first of the names.
    """
    known = list(known)
    for name in names:
        near = difflib.get_close_matches(name, known, n=1)
        new = replacement("parameter", name)
        if _TEXTS.get(name) in known:
            new = _TEXTS[name]
        if new is not None:
            hint = f"; use {new}"
        elif name in FASTTEXT_ONLY:
            hint = "; subwords and labels of fastText are not supported"
        else:
            hint = f"; did you mean {near[0]}?" if near else ""
        message = f"there is no parameter {name!r}{hint}"
        raise TypeError(message)


def check_gensim_arguments(
    *,
    batch_words: int | None = None,
    hashfxn: Callable[[str], int] | None = None,
    comment: str | None = None,
    sorted_vocab: int | bool = 1,
    null_word: int | bool = 0,
) -> None:
    """Accept gensim's arguments that change no result, refuse those that would.

    Parameters
    ----------
    batch_words, hashfxn, comment
        Ignored with one warning that names them all, unless they have gensim's
        default values.
    sorted_vocab, null_word
        Refused unless they have gensim's default values.

    Raises
    ------
    ParameterError
        If `sorted_vocab` or `null_word` would change the result.
    """
    _refuse_gensim_arguments(sorted_vocab, null_word)
    given = {
        "batch_words": batch_words not in (None, 10000),
        "hashfxn": hashfxn is not None and hashfxn is not hash,
        "comment": comment is not None,
    }
    ignored = [name for name, is_given in given.items() if is_given]
    if ignored:
        message = (
            f"{', '.join(ignored)} accepted for compatibility with gensim, but "
            f"ignored; leave out to silence this warning."
        )
        warn(message)


def _refuse_gensim_arguments(sorted_vocab: int | bool, null_word: int | bool) -> None:
    name = "sorted_vocab"
    if not sorted_vocab:
        hint = "The vocabulary is always sorted by descending count."
        raise ParameterError(name, sorted_vocab, "1", hint)
    name = "null_word"
    if null_word:
        hint = "There is no padding word among the vectors."
        raise ParameterError(name, null_word, "0", hint)


# Arguments of gensim's save that control how it pickles.
_OF_PICKLES = {"separately", "sep_limit", "ignore", "pickle_protocol"}


def check_gensim_save(given: Mapping[str, Any], method: Callable[..., Any]) -> None:
    """Check the arguments of gensim's `save` that ours does not have.

    Raises
    ------
    TypeError
        For a name that does not belong to gensim's `save`.
    """
    if "binary" in given:
        message = (
            "save has no parameter 'binary': the name's suffix or kind= decides. Use "
            "save('vectors.bin'), or save_word2vec_format('vectors', binary=True)."
        )
        raise TypeError(message)
    known = inspect.signature(method).parameters.keys() - {"gensim"}
    refuse_unknown_arguments(given.keys() - _OF_PICKLES, known)


def check_reserved_rows(count: int) -> None:
    """Accept gensim's `count` of `KeyedVectors`, for which nothing needs to be done.

    Raises
    ------
    ParameterError, ParameterTypeError
        If it is no number of rows; the counts of words are `counts`.
    """
    name, hint = "count", "Counts of the words are given as counts=."
    whole_number(name, count, hint, least=0)


def check_encoding(encoding: str) -> None:
    """Accept gensim's `encoding` of files if it is UTF-8, in any spelling.

    Raises
    ------
    ParameterError
        If it is another, which is not read.
    """
    try:
        is_utf8 = codecs.lookup(encoding).name == "utf-8"
    except (LookupError, TypeError):
        is_utf8 = False
    if not is_utf8:
        hint = f"Convert the file: iconv -f {encoding} -t utf8 OLD > NEW."
        name = "encoding"
        raise ParameterError(name, encoding, "'utf8'", hint)


def is_cosmul(similarity_function: str) -> bool:
    """Return whether gensim's name of a method asks for 3CosMul instead of 3CosAdd.

    Raises
    ------
    ParameterError
        If it is the name of another method.
    """
    name = "similarity_function"
    if similarity_function not in ("most_similar", "most_similar_cosmul"):
        accepted = "'most_similar' or 'most_similar_cosmul'"
        raise ParameterError(name, similarity_function, accepted)
    return similarity_function == "most_similar_cosmul"


def check_lockf(lockf: float) -> None:
    """Accept gensim's factors of the learning rate that train or freeze a row.

    Raises
    ------
    ParameterError
        If it is another number.
    """
    name = "lockf"
    if lockf not in (0, 1):
        hint = "Training cannot slow down single rows."
        raise ParameterError(name, lockf, "1.0 (train) or 0.0 (freeze)", hint)


def check_indexer(indexer: None) -> None:
    """Accept gensim's `indexer` of `most_similar` if there is none.

    Raises
    ------
    ParameterError
        If there is one.
    """
    if indexer is not None:
        hint = (
            "most_similar looks at all vectors. For an approximate index, give "
            "wv.vectors to a library such as FAISS or usearch, as Vectors in other "
            "libraries of the documentation does."
        )
        name = "indexer"
        raise ParameterError(name, indexer, "None", hint)


def check_rows_to_write(
    total_vec: int | None, append: bool, sort_attr: str | None, n_rows: int
) -> None:
    """Accept gensim's arguments of `save_word2vec_format` that change no file.

    Raises
    ------
    ParameterError
        If `total_vec` is not the number of rows, if rows are to be appended to a file,
        or sorted by another attribute than their counts.
    """
    name = "total_vec"
    if total_vec not in (None, n_rows):
        hint = "The first line tells how many rows follow; leave it out."
        raise ParameterError(name, total_vec, f"None or {n_rows}", hint)
    name = "append"
    if append:
        hint = "A file is written whole. Put the vectors together first: add_vectors."
        raise ParameterError(name, append, "False", hint)
    name = "sort_attr"
    if sort_attr not in ("count", None):
        hint = "Rows are written in their present order."
        raise ParameterError(name, sort_attr, "'count' or None", hint)


def check_gensim_call(given: Mapping[str, Any], method: Callable[..., Any]) -> None:
    """Check the arguments of gensim's method that ours does not have.

    Parameters
    ----------
    given : mapping
        Arguments that `method` does not name.
    method : callable
        The method that was called; its parameters are suggested for a misspelt one.

    Raises
    ------
    TypeError
        For a name that gensim does not know either.
    ParameterError
        If `word_count` would change the result.
    """
    known = inspect.signature(method).parameters.keys() - {"gensim"}
    accepted = _WITHOUT_EFFECT | {"word_count"}
    refuse_unknown_arguments(given.keys() - accepted, known)
    name = "word_count"
    if given.get(name):
        hint = "To continue at a lower learning rate, give start_alpha."
        raise ParameterError(name, given[name], "0", hint)
