"""word2vec for Python: much faster than the C program, or byte-for-byte equal to it."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing is not imported, so that the command line starts sooner

if TYPE_CHECKING:
    from typing import Any

    from w2vfast.distributed.ranks import RankError
    from w2vfast.learn.learn_page import save_learn_page
    from w2vfast.learn.recorder import Recorder
    from w2vfast.learn.recording import Recording
    from w2vfast.model import Word2Vec
    from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phrases
    from w2vfast.plots.interactive_map import save_map_page
    from w2vfast.plots.training_plot import plot_training
    from w2vfast.plots.word_plot import plot_words
    from w2vfast.text.readers import LineSentence, PathLineSentences, Text8Corpus
    from w2vfast.text.sources import IdCorpus
    from w2vfast.text.tokenizers import SimpleTokenizer
    from w2vfast.training.callbacks import CallbackAny2Vec, StopTraining
    from w2vfast.vectors.keyedvectors import KeyedVectors

__version__ = "0.1.0"
__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "CallbackAny2Vec",
    "FrozenPhrases",
    "IdCorpus",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phrases",
    "RankError",
    "Recorder",
    "Recording",
    "SimpleTokenizer",
    "StopTraining",
    "Text8Corpus",
    "Word2Vec",
    "__version__",
    "build_info",
    "plot_training",
    "plot_words",
    "save_learn_page",
    "save_map_page",
]

# Imported on first access, so that the command line can print help, report errors and
# be interrupted before NumPy is loaded.
_HOMES = {
    "CallbackAny2Vec": "training.callbacks",
    "ENGLISH_CONNECTOR_WORDS": "phrases",
    "FrozenPhrases": "phrases",
    "IdCorpus": "text.sources",
    "KeyedVectors": "vectors.keyedvectors",
    "LineSentence": "text.readers",
    "PathLineSentences": "text.readers",
    "Phrases": "phrases",
    "RankError": "distributed.ranks",
    "Recorder": "learn.recorder",
    "Recording": "learn.recording",
    "SimpleTokenizer": "text.tokenizers",
    "StopTraining": "training.callbacks",
    "Text8Corpus": "text.readers",
    "Word2Vec": "model",
    "plot_training": "plots.training_plot",
    "plot_words": "plots.word_plot",
    "save_learn_page": "learn.learn_page",
    "save_map_page": "plots.interactive_map",
}

_ABSENT = {
    "Doc2Vec": "Document vectors are not supported.",
    "FastText": "Subwords are not supported.",
    "WordEmbeddingsKeyedVectors": "It is KeyedVectors now.",
    "Word2VecKeyedVectors": "It is KeyedVectors now.",
    "Phraser": "It is FrozenPhrases now, and Phraser in w2vfast.phrases.",
    "models": "gensim's classes are in w2vfast itself: from w2vfast import Word2Vec.",
    "utils": "simple_preprocess is SimpleTokenizer, or tokenize='simple' in Word2Vec.",
    "simple_preprocess": "It is SimpleTokenizer, or tokenize='simple' in Word2Vec.",
    "downloader": "Models are not downloaded; KeyedVectors.load reads their files.",
}


def __getattr__(name: str) -> object:
    if name in ("_core", "_text"):
        return _compiled(f"{__name__}.{name}")
    if name in _ABSENT:
        # An AttributeError would lose the message in "from w2vfast import ...".
        raise ImportError(_absent_message(name))
    if name not in _HOMES:
        raise AttributeError(_unknown_message(name))
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def _absent_message(name: str) -> str:
    return (
        f"{name} is not in {__name__}, which has Word2Vec, KeyedVectors and Phrases. "
        f"{_ABSENT[name]}"
    )


def _unknown_message(name: str) -> str:
    message = f"module {__name__!r} has no attribute {name!r}"
    if name.startswith("_"):
        return message
    import difflib

    near = difflib.get_close_matches(name, __all__, n=1, cutoff=0.75)
    return f"{message}; did you mean {near[0]}?" if near else message


def _compiled(module: str) -> object:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        message = (
            f"the compiled modules of {__name__} are not in {__path__[0]}. If this is "
            f"the source folder, start Python in another one to use the installed "
            f"package, or build them here: pip install -e ."
        )
        raise ImportError(message) from error


def build_info() -> dict[str, Any]:
    """Return what was built and which instruction set is in use.

    Returns
    -------
    dict
        ``version`` : str
        ``instruction_set`` : str, the one in use, chosen when the package is imported
        or by the environment variable ``W2VFAST_ISA``
        ``available`` : list of str, those that this processor can run, the fastest
        first
        ``compiler`` : str, with its version

        ``flags`` : str, the compiler's

        ``commit`` : str, of the source; 'unknown' if built from a source archive.
    """
    from w2vfast import _core

    return {
        "version": __version__,
        "instruction_set": _core.INSTRUCTION_SET,
        "available": _core.instruction_sets(),
        "compiler": _core.COMPILER,
        "flags": _core.FLAGS,
        "commit": _core.COMMIT,
    }


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
