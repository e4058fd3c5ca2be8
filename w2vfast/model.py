"""Word2Vec: the public model class, a facade over the rest of the package."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import inspect
import io
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.checkpoint.identity import RunIdentity, identity_of
from w2vfast.checkpoint.plan import NoCheckpoints, Plan, plan_of
from w2vfast.compat import (
    GensimNames,
    check_gensim_arguments,
    check_gensim_call,
    check_gensim_save,
    class_only_method,
    refuse_unknown_arguments,
)
from w2vfast.distributed.file_parts import Share, share_of
from w2vfast.distributed.limits import checked_ranks, memory_of_rank, params_of_rank
from w2vfast.distributed.rank_checkpoints import RankPlan, plan_of_ranks
from w2vfast.distributed.ranks import OneRank, fails_together, with_all_ranks
from w2vfast.distributed.shared_words import SharedWords
from w2vfast.distributed.trainers import trainer_of
from w2vfast.errors import (
    Name,
    ParameterError,
    ParameterTypeError,
    SettingsError,
    Spelling,
    optional_number,
    shown,
)
from w2vfast.params import TrainParams
from w2vfast.persistence import SavedModel, load_gensim_model, load_model, save_model
from w2vfast.prediction.layers import output_rows
from w2vfast.prediction.predictions import Predictions
from w2vfast.state import ModelState
from w2vfast.system.files import InputFile, open_output
from w2vfast.system.log import logger
from w2vfast.text.cache import CorpusCache
from w2vfast.text.sources import CorpusOptions, either_source
from w2vfast.text.tokenizers import Function, SimpleTokenizer, tokenizer_of
from w2vfast.text.trim_rule import TrimRule, check_trim_rule
from w2vfast.text.vocab import Vocab, check_trainable, vocab_from_counts
from w2vfast.text.vocab_file import read_vocab, write_vocab
from w2vfast.text.vocab_growth import GrownVocab, check_growable, grow_from_counts
from w2vfast.training import cost
from w2vfast.training.callbacks import checked_callbacks
from w2vfast.training.epochs import run_epochs
from w2vfast.training.history import EpochStats
from w2vfast.training.noise_weights import WeightsLike
from w2vfast.training.run_input import RunInput
from w2vfast.training.tables import build_tables
from w2vfast.vectors.keyedvectors import KeyedVectors
from w2vfast.vectors.live import LiveVectors
from w2vfast.vectors.notebook import html_summary
from w2vfast.warmstart.freezing import checked_words, frozen_rows
from w2vfast.warmstart.init_vectors import Coverage, check_source
from w2vfast.warmstart.next_state import with_growth, with_weights

if TYPE_CHECKING:
    from w2vfast.text.corpus import EncodedCorpus


class Word2Vec(Predictions, GensimNames):
    """Word vectors by skip-gram or CBOW, with the names of gensim.

    Trains at once when it is given data; otherwise call `build_vocab` and `train`.

    Parameters
    ----------
    sentences : iterable of token lists, integer array, `IdCorpus` or column, optional
        Tokens are str, bytes or int.  A column, of anything that exports Arrow data
        (Polars, pyarrow, DuckDB, pandas) or of NumPy, has a sentence in each row: a
        str, split as a line of a file is, or a list of tokens; a null of Arrow is an
        empty sentence.  Integer arrays: 2-D, one walk or basket a row,
        padded with -1; 1-D, separated by -1; or (indptr, ids).  The files of a
        `LineSentence`, `PathLineSentences` or `Text8Corpus` are read as fast as a
        `corpus_file`, and cut into the sentences that the reader would yield.
    corpus_file : path, list of paths, directory, glob or "-", optional
        Text, one sentence a line, words separated by spaces or tabs; gzip, bz2, xz
        and zstd are recognised.  Or files with a `column` of sentences: ``.parquet``,
        ``.arrow``, ``.feather``, ``.csv``, ``.jsonl`` (extra ``arrow``).
    vector_size : int, default 100
        Dimension D of the vectors.
    alpha : float, optional
        Learning rate at the start; default 0.05 for CBOW and 0.025 for skip-gram.
        Differs: gensim uses 0.025 for both.
    window : int, default 5
        Largest distance between a word and a context word [words].
    min_count : int, default 5
        Ignore words that occur less often [occurrences].
    max_vocab_size : int, optional
        While counting, prune rare words beyond this many; inexact, with a warning
        that counts what was lost [words].
    sample : float, default 1e-3
        Threshold of the subsampling of frequent words [fraction of the corpus]; 0
        turns it off.
    seed : int, default 1
        The same seed, build, instruction set and one worker give identical bytes; with
        `deterministic` for any number of workers.  None chooses one, which is then
        `model.seed`.
    workers : int, optional
        Threads; default all CPUs that this process may use, 1 in exact mode.
    min_alpha : float, optional
        End of the linear decay; default a floor of 0.0001 * alpha, as in C.
    sg : {0, 1}, default 0
        1 skip-gram, 0 CBOW.
    hs : {0, 1}, default 0
        Hierarchical softmax; may be combined with negative sampling.
    negative : int, default 5
        Negative samples for each prediction; 0 turns negative sampling off.
    ns_exponent : float, default 0.75
        Negative samples are drawn in proportion to count ** ns_exponent.
    init_range : float, default 0.5
        Initial vectors are uniform from -init_range / D to init_range / D; gensim's are
        with 1.  A larger one learns faster where words occur a few times only.
    noise_weights : array_like of shape (V,) or callable, optional
        Negative samples are drawn in proportion to these weights instead: one number
        of at least 0 for each word, in the order of `wv`.  A callable gets the counts
        of the words in that order and returns the weights.  The model keeps them; a
        saved model and a copy keep the numbers that the callable returned, which fit
        the words of that moment.
    objective : {None, "softmax"}
        None trains hierarchical softmax and negative sampling as `hs` and `negative`
        tell; "softmax" instead trains the full softmax over all words, at most
        50,000.
    cbow_mean : {1, 0}, default 1
        Input of CBOW: 1 the mean of the context vectors, 0 their sum.
    epochs : int, default 5
        How often training reads the whole corpus.
    compute_loss : bool, default False
        Compute the loss on every centre word instead of every 16th.  In a corpus of
        fewer than 20,000 tokens it is always computed on every one.
    callbacks : iterable
        Objects with hooks, for every call of `train`; see `CallbackAny2Vec`.  A saved
        model and a copy have none.
    max_final_vocab : int, optional
        Keep only the most frequent words, at most this many.
    shrink_windows : bool, default True
        Windows have from 1 to `window` words on a side; False: always `window`.  CBOW
        with an even `window` above 2, an odd `negative` and ``sample=0``: odd numbers
        only, as in the C program.
    mode : {"fast", "exact"}, default "fast"
        "exact" gives the bytes that the C program gives with one thread.
    negative_sharing : {"window", "pair"}, default "window"
        "window": up to 16 contexts share their negative samples, and each draw
        serves four sets; "pair": each pair has its own.
    cbow_gradient : {"reference", "mean"}, default "reference"
        Update each context word by the whole error, as C does, or by the gradient of
        the mean.  The latter needs a larger alpha and answers fewer analogies right.
    max_sentence_length : int, default 1000
        Longer sentences are cut into pieces; no word is dropped [words].
    tokenize : str, SimpleTokenizer or callable, optional
        How texts are split: each line of a `corpus_file`, or each member of
        `sentences`, which are then str.  "whitespace"; "simple": words in lower case,
        of 2 to 15 letters, as gensim's `simple_preprocess` gives them, and a
        `SimpleTokenizer` for other lengths or without accents; "characters": each
        character but white space; a callable gets a str and returns a list of tokens,
        and is called by this thread alone.  Default: files are split at white space,
        and `sentences` are lists of tokens.
    column : str, optional
        The column that holds the sentences, of a table given as `sentences` or of the
        files given as `corpus_file`.
    deterministic : bool, default False
        The same bytes with any number of workers, at 0.6 to 0.85 of the speed; needs
        memory for up to 16 copies of a vector (`estimate_memory`).  More than 16
        workers are no faster.  Not with full softmax, nor in exact
        mode, which has one worker.
    memory_limit : int, optional
        Ids beyond this size are kept in a memory-mapped file [bytes].
    cache_dir : path, optional
        Folder of that file; default the system's temporary directory.
    progress : bool, optional
        Show progress bars on standard error.  Default: only if it is a terminal, or in
        a notebook; elsewhere progress is logged at most every 30 s (level INFO).
    init_vectors : path or KeyedVectors, optional
        Words that it contains begin with its vectors, the others at random.  This
        holds for words of a later growth, too, but not after the model was saved and
        loaded.  Any format that `KeyedVectors.load` reads.  A KeyedVectors is kept,
        not copied.
    freeze : iterable of str or int, optional
        Words whose vectors (`wv`) training does not change, besides those that
        `wv.vectors_lockf` freezes.  The others learn from them; output vectors are not
        frozen.
    checkpoint : path, optional
        Folder for checkpoints: states of the training, from which it goes on after a
        crash.  The last two are kept.  Use one folder for one training.
    checkpoint_every : str, optional
        How often, such as "30s", "10min", "2h", "500Mwords" or "1Gwords" (words of all
        epochs); default "10min".  The last one is written at the end.
    resume : bool, default False
        Go on from the newest checkpoint in the folder; if there is none, begin.  The
        settings (but `workers`), the words of the text and the vocabulary must be the
        same.  With one worker the result has the bytes of a training without a break.
    comm : mpi4py.MPI.Intracomm, optional
        Train one model in the processes of this communicator, such as
        ``MPI.COMM_WORLD``, each with `workers` threads (default: its part of the CPUs).
        All call the same methods with the same arguments.  Text files are dealt to
        them; of anything else, such as lists or arrays, each gives its own part.  At
        the end of an epoch, and of the training, all have the same vectors.  An error
        of one ends all.  A saved or copied model has no processes.
    trim_rule : callable, optional
        Which words of the text stay; see `build_vocab`.
    hashfxn, null_word, sorted_vocab, batch_words, comment : optional
        Parameters of gensim.  Those without effect on the result are accepted with a
        warning; the others must have gensim's default.

    Attributes
    ----------
    wv : KeyedVectors
        The input vectors by word.
    output_vectors : KeyedVectors
        The output vectors by word, with negative sampling or full softmax.
    vocab : Vocab
        Words and counts, sentence end first.
    params : TrainParams
        The settings; read only.
    callbacks : list
        As given; another list may be assigned.
    tokenize : str, callable or None
        As given; another tokenizer may be assigned.  A saved model keeps the name or
        the settings of a built-in one, and no function.
    column : str or None
        As given; another name may be assigned.
    history : list of EpochStats
        One entry for each epoch of all calls of `train`.
    corpus_count : int
        Sentences of the text that was read last.
    corpus_total_words : int
        Its words, before `min_count`.
    init_coverage : Coverage or None
        How many of the words, and what share of the corpus, have `init_vectors`; None
        before the vectors are made.

    Raises
    ------
    TypeError, ValueError
        For parameters or data that cannot be used; the message tells what is accepted.

    Notes
    -----
    Skip-gram, CBOW, hierarchical softmax: Mikolov et al. 2013, Efficient estimation of
    word representations in vector space, arXiv:1301.3781.  Negative sampling and
    subsampling: Mikolov et al. 2013, Distributed representations of words and phrases
    and their compositionality, arXiv:1310.4546.
    """

    @with_all_ranks
    def __init__(
        self,
        sentences: Any = None,
        corpus_file: Any = None,
        *,
        vector_size: int = 100,
        alpha: float | None = None,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: int | None = 1,
        workers: int | None = None,
        min_alpha: float | None = None,
        sg: int | bool = 0,
        hs: int | bool = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        init_range: float = 0.5,
        noise_weights: WeightsLike | None = None,
        objective: str | None = None,
        cbow_mean: int | bool = 1,
        hashfxn: Callable[[str], int] | None = None,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int | bool = 1,
        batch_words: int | None = None,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        comment: str | None = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        mode: str = "fast",
        negative_sharing: str = "window",
        cbow_gradient: str = "reference",
        max_sentence_length: int = 1000,
        tokenize: str | SimpleTokenizer | Function | None = None,
        column: str | None = None,
        deterministic: bool = False,
        memory_limit: int | None = None,
        cache_dir: PathLike | None = None,
        progress: bool | None = None,
        init_vectors: KeyedVectors | PathLike | None = None,
        freeze: Iterable[str | int] | None = None,
        checkpoint: PathLike | None = None,
        checkpoint_every: str | None = None,
        resume: bool | None = None,
        comm: Any = None,
        **unknown: NoReturn,
    ) -> None:
        known = inspect.signature(Word2Vec).parameters.keys() - {"unknown"}
        refuse_unknown_arguments(unknown, known)
        self._params = TrainParams(
            vector_size=vector_size,
            alpha=alpha,
            min_alpha=min_alpha,
            window=window,
            min_count=min_count,
            max_vocab_size=max_vocab_size,
            max_final_vocab=max_final_vocab,
            sample=sample,
            seed=cast(int, seed),  # also None
            workers=workers,
            sg=cast(bool, sg),  # also 0 and 1; TrainParams checks and converts
            hs=cast(bool, hs),
            negative=negative,
            objective=objective,
            ns_exponent=ns_exponent,
            init_range=init_range,
            cbow_mean=cast(bool, cbow_mean),
            epochs=epochs,
            shrink_windows=shrink_windows,
            compute_loss=compute_loss,
            mode=mode,
            negative_sharing=negative_sharing,
            cbow_gradient=cbow_gradient,
            max_sentence_length=max_sentence_length,
            deterministic=deterministic,
        )
        check_gensim_arguments(
            batch_words=batch_words,
            hashfxn=hashfxn,
            comment=comment,
            sorted_vocab=sorted_vocab,
            null_word=null_word,
        )
        self._ranks = checked_ranks(comm, self._params, max_vocab_size)
        self._params = params_of_rank(self._ranks, self._params, seed, workers)
        self.callbacks = checked_callbacks(callbacks)
        self.tokenize = tokenize
        self.column = column
        self._corpus_options()  # raises now if it is wrong
        is_first = self._ranks.index == 0  # of the ranks, only one reports
        progress = progress if is_first else False
        self._start(CorpusCache(memory_limit, cache_dir), progress)
        if init_vectors is not None:
            check_source(init_vectors, self.params.vector_size)
        self._init_vectors = init_vectors
        self._freeze = [] if freeze is None else checked_words(freeze)
        self._set_noise_weights(noise_weights)
        self._checkpoints: Plan = plan_of(checkpoint, checkpoint_every, resume)
        has_text = sentences is not None or corpus_file is not None
        check_trim_rule(trim_rule, self.params.exact, has_text)
        if has_text:
            try:
                plan = plan_of_ranks(self._ranks, self._checkpoints)
                with plan.prepared(self.params):
                    self.build_vocab(sentences, corpus_file, trim_rule=trim_rule)
                    self.train()
            finally:
                self._cache.clear()

    def _start(self, cache: CorpusCache, progress: bool | None) -> None:
        self.history: list[EpochStats] = []
        self.corpus_count = 0
        self.corpus_total_words = 0
        self._counts_given = False
        self._state = ModelState()
        self._cache = cache
        self._inputs = LiveVectors()
        self._outputs = LiveVectors()
        self._progress = progress
        self._training_lock = threading.Lock()

    def __repr__(self) -> str:
        vocab = self._state.vocab
        n_words = "no" if vocab is None else len(vocab.visible_words)
        text = f"{n_words} words, vector_size={self.params.vector_size}"
        if self.params.objective is not None:
            text += f", objective={self.params.objective!r}"
        return f"Word2Vec({text})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: settings, training so far and first words."""
        p, vocab, loss = self.params, self._state.vocab, self.get_latest_training_loss()
        facts = {
            "words": 0 if vocab is None else len(vocab.visible_words),
            "vector size": p.vector_size,
            "architecture": "skip-gram" if p.sg else "CBOW",
            "objective": " and ".join(p.objectives),
            "mode": p.mode,
            "epochs trained": len(self.history),
            "last loss": "none" if loss is None else f"{loss:.4g} nats",
        }
        words = [] if vocab is None else vocab.visible_words
        counts = None if vocab is None else vocab.visible_counts
        return html_summary("Word2Vec", facts, words, counts)

    # ---- vocabulary ----------------------------------------------------------------

    def build_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        *,
        update: bool = False,
        progress: bool | None = None,
        trim_rule: TrimRule | None = None,
        **gensim: Any,
    ) -> None:
        """Read a corpus once: count its words and encode it.

        As long as nothing is trained, a second call starts over.

        Parameters
        ----------
        corpus_iterable, corpus_file : optional
            As `sentences` and `corpus_file` of the class.
        update : bool, default False
            Add the corpus to the vocabulary that the model has.  Counts of known words
            increase, and words that occur `min_count` times in this corpus are added,
            up to `max_final_vocab`.  No word is removed; known words keep their
            vectors, re-ordered by the new counts, and new words begin as in a new
            model.  `max_vocab_size` has no effect.
        progress : bool, optional
            Default: as given to the class.
        trim_rule : callable, optional
            ``trim_rule(word, count, min_count)`` is asked about each word that may be
            new: 2 keeps it, 1 discards it, 0 or None leaves it to `min_count` (gensim's
            RULE_KEEP, RULE_DISCARD and RULE_DEFAULT).  Differs: it is asked once about
            each word, after `max_vocab_size`.
        **gensim
            `progress_per` and `keep_raw_vocab` of gensim, without effect.

        Raises
        ------
        RuntimeError
            If the model has been trained, or has no vocabulary to update, or is being
            trained.
        TypeError, ValueError
            If the corpus cannot be used, or no word of it is known or added.
        OSError
            If a file cannot be read.

        Notes
        -----
        With `hs` the tree is built anew, and its inner nodes begin with what the old
        ones knew of the words on their two sides; see
        `w2vfast.warmstart.node_growth`.

        After an error or an interrupt the model is either as before or grown.  The
        cached ids of the previous corpus are dropped in any case.
        """
        check_gensim_call(gensim, self.build_vocab)
        check_trim_rule(trim_rule, self.params.exact)
        with self._alone():
            if update:
                self._refuse_if_distributed("update")
                check_growable(self.vocab)
            else:
                self._refuse_if_trained()
            share = self._share_of(corpus_iterable, corpus_file)
            known = self.vocab if update else None
            with self._encoding(share, progress, known, trim_rule) as vocab:
                if isinstance(vocab, GrownVocab):
                    self._grow(vocab)
                else:
                    self._set_vocab(vocab)

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[str, int],
        *,
        update: bool = False,
        trim_rule: TrimRule | None = None,
        **gensim: Any,
    ) -> None:
        """Take the vocabulary from counts; `min_count` and `max_final_vocab` apply.

        Parameters
        ----------
        word_freq : mapping of str (or int) to int
            Words and their counts [occurrences].
        update : bool, default False
            Add them to the vocabulary that the model has; see `build_vocab`.
        trim_rule : callable, optional
            As for `build_vocab`.
        **gensim
            `keep_raw_vocab` and `corpus_count` of gensim, without effect.

        Raises
        ------
        RuntimeError
            If the model has been trained, or has no vocabulary to update, or is being
            trained.
        TypeError, ValueError
            If the words or counts cannot be used, or no word is known or added.
        """
        check_gensim_call(gensim, self.build_vocab_from_freq)
        check_trim_rule(trim_rule, self.params.exact)
        p = self.params
        limits: dict[str, Any] = {
            "min_count": p.min_count,
            "max_final_vocab": p.max_final_vocab,
            "trim_rule": trim_rule,
        }
        with self._alone():
            if update:
                check_growable(self.vocab)
                grown = grow_from_counts(self.vocab, word_freq, **limits)
                self._cache.clear()  # its ids are rows, which growth changes
                self._grow(grown)
            else:
                self._refuse_if_trained()
                counted = vocab_from_counts(word_freq, exact=p.exact, **limits)
                self._set_vocab(counted, counts_given=True)

    def reset_from(self, other_model: Word2Vec) -> None:
        """Begin anew with the words and counts of another model.

        Parameters
        ----------
        other_model : Word2Vec
            Its vocabulary is taken, its vectors are not.

        Raises
        ------
        RuntimeError
            If it has no vocabulary, or this model is being trained.
        TypeError
            If it is something else, such as a model of gensim.
        ValueError
            If only one of the two is in exact mode, which orders words as C does.
        """
        _check_is_model(other_model)
        words = other_model.vocab
        if words.exact != self.params.exact:
            message = "reset_from needs two models of the same mode; use build_vocab."
            raise ValueError(message)
        with self._alone():
            vocab = Vocab(list(words.words), words.counts.copy(), exact=words.exact)
            self.history = []
            self._set_vocab(vocab, counts_given=True)

    def read_vocab(self, path: PathLike) -> None:
        """Read the vocabulary from a file of the C program (``-read-vocab``).

        Parameters
        ----------
        path : path
            A line for each word: the word and its count.  `min_count` and
            `max_final_vocab` apply.

        Raises
        ------
        RuntimeError
            If the model has been trained.
        OSError, ValueError
            If the file cannot be read, or a line is not of that form.
        """
        p = self.params
        with self._alone(), InputFile(os.fspath(path), repr(path)) as file:
            self._refuse_if_trained()
            words = read_vocab(
                io.BufferedReader(file),
                os.fspath(path),
                min_count=p.min_count,
                exact=p.exact,
                max_final_vocab=p.max_final_vocab,
            )
            self._set_vocab(words, counts_given=True)

    def save_vocab(self, path: PathLike) -> None:
        """Write the vocabulary as the C program does (``-save-vocab``).

        Parameters
        ----------
        path : path
            An existing file is replaced, whole or not at all.

        Raises
        ------
        RuntimeError
            If the model has no vocabulary.
        OSError
            If the file cannot be written.
        ValueError
            If a word holds white space, which the format cannot express.
        """
        words = self.vocab
        with open_output(path) as file:
            write_vocab(file, words)

    @property
    def vocab(self) -> Vocab:
        """Words and counts, sentence end first.

        Raises
        ------
        RuntimeError
            If there is no vocabulary yet.
        """
        return self._state.need_vocab()

    def _refuse_if_distributed(self, name: str) -> None:
        if self._ranks.size > 1:
            message = (Name(name), " is for one process, without ", Name("comm"), ".")
            raise SettingsError(message)

    def _refuse_if_trained(self) -> None:
        if self.history:
            message = (
                "the model is trained, so its vocabulary cannot be replaced; grow it "
                "by update=True, make a new Word2Vec for another one, or call train to "
                "train on more text with this one."
            )
            raise RuntimeError(message)

    def _set_vocab(self, words: Vocab, counts_given: bool = False) -> None:
        check_trainable(words, self.params.min_count)
        if counts_given:
            self._cache.clear()  # its ids are rows of another vocabulary
        self._counts_given = counts_given
        self._set_state(
            self._state.replace(vocab=words, weights=None, init_coverage=None)
        )

    def _grow(self, grown: GrownVocab) -> None:
        self._set_state(
            with_growth(self._state, grown, self.params, self._init_vectors)
        )

    def _share_of(self, sentences: Any, corpus_file: Any) -> Share:
        """Return what this process reads."""
        # Exact mode splits a text as the C program does, which is not how readers
        # split it.
        source = either_source(
            sentences,
            corpus_file,
            self._corpus_options(),
            read_files=not self.params.exact,
        )
        return share_of(source, self._ranks)

    def _sharing(self, share: Share | None) -> SharedWords | None:
        if share is None or self._ranks.size == 1:
            return None
        return SharedWords(self._ranks, share.places)

    def _corpus_options(self) -> CorpusOptions:
        tokenizer = tokenizer_of(self.tokenize, exact=self.params.exact)
        return CorpusOptions(tokenizer, self.column, self.params.exact)

    @contextlib.contextmanager
    def _encoding(
        self,
        share: Share,
        progress: bool | None,
        grown: Vocab | None,
        trim_rule: TrimRule | None,
    ) -> Iterator[Vocab]:
        """Read a corpus; yield a new vocabulary, or the one that has grown by it."""
        progress = self._progress if progress is None else progress
        with self._cache.encoding(
            share.source,
            self.params,
            sharing=self._sharing(share),
            vocab=grown,
            grow=grown is not None,
            trim_rule=trim_rule,
            progress=progress,
        ) as found:
            yield found.vocab
        self._note_size(found.corpus)

    def _note_size(self, corpus: EncodedCorpus) -> None:
        self.corpus_count = corpus.n_sentences
        self.corpus_total_words = corpus.n_words

    # ---- training ------------------------------------------------------------------

    def train(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        *,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        compute_loss: bool | None = None,
        noise_weights: WeightsLike | None = None,
        callbacks: Iterable[Any] | None = None,
        progress: bool | None = None,
        freeze: Iterable[str | int] | None = None,
        checkpoint: PathLike | None = None,
        checkpoint_every: str | None = None,
        resume: bool | None = None,
        **gensim: Any,
    ) -> tuple[int, int]:
        """Train on a corpus; the learning rate falls once over the epochs of this call.

        Parameters
        ----------
        corpus_iterable, corpus_file : optional
            As `sentences` and `corpus_file` of the class.  Words outside the
            vocabulary are ignored, and counted in `history`.  The ids of `build_vocab`
            or of the last call are used again without either argument, for the same
            path (unchanged in size and time), and for the same object (unchanged: each
            value of an array counts, and which sentences a list has; changes within a
            sentence are not seen, nor those of other iterables: give a new object
            then).  A model that was made from its text in one step does not keep the
            ids.
        total_examples, total_words : int, optional
            Of gensim; not needed, everything is counted.
        epochs, start_alpha, end_alpha, compute_loss : optional
            For this call, instead of `epochs`, `alpha`, `min_alpha` and
            `compute_loss` of the class.
        noise_weights : array_like of shape (V,) or callable, optional
            As for the class; for this call and later ones.
        callbacks : iterable, optional
            For this call, instead of those of the class; () calls none.
        progress : bool, optional
            Default: as given to the class.
        freeze : iterable of str or int, optional
            For this call, instead of that of the class and of `wv.vectors_lockf`; ()
            freezes no word.
        checkpoint, checkpoint_every, resume : optional
            For this call, instead of those of the class.  Each call of `train` needs a
            folder of its own.
        **gensim
            `queue_factor` and `report_delay` of gensim, without effect.

        Returns
        -------
        trained_words, raw_words : int
            Occurrences of words of the vocabulary, and of all words, in the epochs of
            this call [occurrences].  Differs: gensim leaves words that subsampling
            skips out of the first.

        Raises
        ------
        ValueError
            If a word to freeze is not in the vocabulary; the message names similar
            words.  In fast mode, if a vector that was set is not finite.  With full
            softmax, if there are more than 50,000 words; the message tells the cost.
            If there are checkpoints of another training, or `resume` is missing.
        RuntimeError
            Without a vocabulary, without a corpus, or while the model is being
            trained.
        FloatingPointError
            In fast mode, if vectors become non-finite.
        MemoryError
            If the matrices do not fit, before they are allocated.
        """
        check_gensim_call(gensim, self.train)
        given = plan_of(checkpoint, checkpoint_every, resume, self._checkpoints)
        hooks = checked_callbacks(self.callbacks if callbacks is None else callbacks)
        words_to_freeze = self._frozen if freeze is None else checked_words(freeze)
        changes = {
            "epochs": epochs,
            "alpha": start_alpha,
            "min_alpha": end_alpha,
            "compute_loss": compute_loss,
        }
        with contextlib.ExitStack() as within:
            within.enter_context(self._alone())
            within.enter_context(self._noise_weights_of_call(noise_weights))
            vocab = self.vocab
            frozen = frozen_rows(words_to_freeze, vocab)
            params = _changed_for_call(self.params, changes)
            cost.check(params, vocab.visible_counts)
            plan = plan_of_ranks(self._ranks, given)
            within.enter_context(plan.prepared(params))
            progress = self._progress if progress is None else progress
            corpus = self._corpus_to_train(corpus_iterable, corpus_file, progress)
            self._note_size(corpus)
            _log_run(params, vocab)
            epochs_before = len(self.history)
            self._run(corpus, params, frozen, hooks, progress, plan)
            n_epochs = len(self.history) - epochs_before
            n_known = corpus.n_words - corpus.n_unknown
            return n_epochs * n_known, n_epochs * corpus.n_words

    def _corpus_to_train(
        self, sentences: Any, corpus_file: Any, progress: bool | None
    ) -> EncodedCorpus:
        """Return the ids of a text, or without one those of the last text."""
        share = None
        if sentences is not None or corpus_file is not None:
            share = self._share_of(sentences, corpus_file)
        return self._cache.corpus_of(
            None if share is None else share.source,
            self.params,
            self.vocab,
            progress=progress,
            sharing=self._sharing(share),
        )

    def _run(
        self,
        corpus: EncodedCorpus,
        params: TrainParams,
        frozen: NDArray[np.uint8] | None,
        hooks: list[Any],
        progress: bool | None,
        plan: Plan | RankPlan,
    ) -> None:
        # In exact mode the first training decays over the sum of given counts, as in
        # C, even if they are those of another text; later ones over their own.
        by_counts = self._counts_given and not self.history
        train_words = self.vocab.train_words if by_counts else len(corpus.ids)
        state = self._state_with_weights()
        if not params.exact:  # the C program accepts any
            self._inputs.check_finite("wv")
            self._outputs.check_finite("output_vectors")
        weights = state.need_weights()
        noise, epochs_before = state.noise_weights, len(self.history)
        try:
            tables = build_tables(self.vocab.counts, params, noise, frozen)
            given = RunInput(
                weights=weights,
                ids=corpus.ids,
                tables=tables,
                params=params,
                train_words=train_words,
                epochs_before=epochs_before,
                unknown=corpus.n_unknown,
            )
            trainer = trainer_of(self._ranks, plan, self.vocab, given, corpus.parts)
            self._follow()

            def identity() -> RunIdentity:
                return identity_of(
                    trainer, self.vocab, params, tables, noise, epochs_before
                )

            with plan.run(trainer, identity, self.history) as pauses:
                run_epochs(
                    trainer,
                    params.epochs,
                    self.history,
                    callbacks=hooks,
                    model=self,
                    progress=progress,
                    pauses=pauses,
                )
            logger.info("Trained by %s.", trainer.summary)
        finally:
            weights.pack()
            self._follow()

    @property
    def _frozen(self) -> list[str | int]:
        """Words of `freeze` of the class, and of `wv.vectors_lockf`."""
        return list(dict.fromkeys([*self._freeze, *self._inputs.locked_words]))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Raise if the model is being trained or grown already."""
        if not self._training_lock.acquire(blocking=False):
            message = (
                "this model is in use by another thread, or by the train that called "
                "this hook. Wait for its end, or use a copy."
            )
            raise RuntimeError(message)
        try:
            with fails_together(self._ranks, "the end of the call"):
                yield
        finally:
            self._training_lock.release()

    @contextlib.contextmanager
    def _noise_weights_of_call(self, given: WeightsLike | None) -> Iterator[None]:
        """Use these weights, but drop them if the call fails in its first epoch."""
        before, n_epochs = self._state.noise, len(self.history)
        self._set_noise_weights(given)
        try:
            yield
        except BaseException:
            if len(self.history) == n_epochs:
                self._state = self._state.replace(noise=before)
            raise

    def _set_noise_weights(self, given: WeightsLike | None) -> None:
        if given is not None:
            self.params.check_noise_weights()
            self._state = self._state.with_noise(given)

    @property
    def noise_weights(self) -> NDArray[np.float64] | None:
        """Weights of the negative samples, shape (V,), in the order of `wv`.

        None if none were given, so that the counts of the words decide.

        Raises
        ------
        RuntimeError
            If there are weights and no vocabulary yet.
        ValueError
            If they do not fit the vocabulary, which has grown since.
        """
        return self._state.noise_weights

    def get_latest_training_loss(self) -> float | None:
        """Return the mean loss of a prediction in the last epoch [nats].

        Differs: gensim adds up the losses of all epochs.

        Returns
        -------
        float or None
            Of the last epoch that has a loss: subsampling may leave nothing to train on
            in an epoch of a short text.  None if none has, as before the first epoch.
        """
        losses = (epoch.loss for epoch in reversed(self.history))
        return next((loss for loss in losses if loss is not None), None)

    # ---- matrices ------------------------------------------------------------------

    @property
    def wv(self) -> KeyedVectors:
        """The input vectors by word.

        They are the model's own rows: they follow further training and growth, and
        what is written to them is trained on.

        Raises
        ------
        RuntimeError
            If there is no vocabulary yet.
        """
        syn0 = self._state_with_weights().syn0
        return self._inputs.show(self.vocab, syn0, self.params.hs)

    @property
    def output_vectors(self) -> KeyedVectors:
        """The output vectors by word: the rows of `syn1neg`, with the keys of `wv`.

        They are the model's own rows, as those of `wv`.

        Raises
        ------
        RuntimeError
            If the model has none: it was trained by hierarchical softmax alone.

        Notes
        -----
        Words whose output vectors are similar occur in the same contexts.  The product
        of a row of `wv` and a row of `output_vectors` measures how well the two words
        go together in a text (Nalisnick et al. 2016, Improving document ranking with
        dual word embeddings, WWW).
        """
        state = self._state_with_weights()
        rows = output_rows(state, self.params, "output_vectors")
        return self._outputs.show(self.vocab, rows)

    @property
    def syn1neg(self) -> NDArray[np.float32] | None:
        """Output vectors, ndarray of float32, shape (V, D), in the order of `wv`.

        None without negative sampling and full softmax.
        """
        return self._state_with_weights().syn1neg

    @property
    def syn1(self) -> NDArray[np.float32] | None:
        """Vectors of the inner nodes of the tree, ndarray of float32, shape (V, D).

        There are V - 1 nodes; the last row is not used, as in C and gensim.  The root
        is the first of them in fast mode, the last in exact mode.  None without
        hierarchical softmax.
        """
        return self._state_with_weights().syn1

    @property
    def init_coverage(self) -> Coverage | None:
        """How many of the words have `init_vectors`; None before vectors are made."""
        return self._state.init_coverage

    @property
    def params(self) -> TrainParams:
        """The settings.  Read only: matrices and tables are made for them."""
        return self._params

    @property
    def vector_size(self) -> int:
        """Dimension D of the vectors."""
        return self.params.vector_size

    @property
    def epochs(self) -> int:
        """Default number of epochs of `train`."""
        return self.params.epochs

    def estimate_memory(self, vocab_size: int | None = None) -> dict[str, int]:
        """Estimate the memory that training needs besides the ids of the text.

        Parameters
        ----------
        vocab_size : int, optional
            Default: the size of the model's vocabulary [words].

        Returns
        -------
        dict of int
            Keys ``vocab``, ``syn0``, ``syn1``, ``syn1neg``, ``windows`` (of CBOW),
            ``shards`` (rows that they copy, with `deterministic`), ``tables``, with
            several processes ``bases`` (rows as they were at the last merge) and their
            sum, ``total``, for each process [bytes].

        Raises
        ------
        RuntimeError
            If there is neither a size nor a vocabulary.
        """
        vocab_size = optional_number("vocab_size", vocab_size, "that of the model")
        n_rows = len(self.vocab) if vocab_size is None else vocab_size + 1
        return memory_of_rank(self._ranks, n_rows, self.params)

    def _state_with_weights(self) -> ModelState:
        """Return the state; the first time, make the weights."""
        if self._state.weights is None:
            self._set_state(with_weights(self._state, self.params, self._init_vectors))
        return self._state

    def _set_state(self, state: ModelState) -> None:
        if state.vocab is not self._state.vocab and self._inputs.attributes:
            _ = self.wv  # made now if it was not, so that attributes follow their words
        before, self._state = self._state, state
        if state.vocab is not None and state.vocab is not before.vocab:
            logger.info("%s.", state.vocab)
        if state.init_coverage not in (None, before.init_coverage):
            logger.info("%s", state.init_coverage)
        self._follow()

    def _follow(self) -> None:
        """Let vectors that somebody may hold show the present rows."""
        state = self._state
        if state.vocab is None or state.weights is None:
            return
        if self._inputs.in_use:
            self._inputs.show(state.vocab, state.syn0, self.params.hs)
        if self._outputs.in_use and state.syn1neg is not None:
            self._outputs.show(state.vocab, state.syn1neg)

    # ---- files and copies ----------------------------------------------------------

    def save(self, path: PathLike, **gensim: Any) -> None:
        """Write the whole model to a folder of JSON and ``.npy`` files.

        Parameters
        ----------
        path : path
            Folder to make or to replace; only a saved model is replaced.
        **gensim
            `separately`, `sep_limit`, `ignore` and `pickle_protocol` of gensim, without
            effect.

        Raises
        ------
        RuntimeError
            If the model has no vocabulary.
        FileExistsError
            If `path` is a file, or a folder that holds anything else.
        OSError
            If the folder cannot be written.
        """
        check_gensim_save(gensim, self.save)
        tokenize = self.tokenize
        kept = tokenize if isinstance(tokenize, (str, SimpleTokenizer)) else None
        saved = SavedModel(
            params=self.params,
            state=self._state_with_weights(),
            history=self.history,
            corpus_count=self.corpus_count,
            corpus_total_words=self.corpus_total_words,
            counts_given=self._counts_given,
            freeze=self._freeze,
            locked=self._inputs.locked_words,
            tokenize=kept,
            column=self.column,
            attributes=self._inputs.attributes,
        )
        if tokenize is not kept:
            logger.warning(
                "The model's tokenizer is a function, which is not saved. To train the "
                "loaded model on text, assign it again: model.tokenize = ..."
            )
        save_model(path, saved)

    @class_only_method
    def load(
        cls, path: PathLike, mmap: bool = False, *, kind: str | None = None
    ) -> Word2Vec:
        """Read a model that `save` wrote.

        Parameters
        ----------
        path : path
            The folder; for gensim, the file.
        mmap : bool, default False
            Map the matrices of a folder instead of reading them; training copies them
            first.
        kind : {None, "gensim"}
            ``"gensim"`` reads a Word2Vec that gensim saved, with its settings, output
            vectors and frozen rows (`vectors_lockf`), to train it on.  Nothing in the
            file is executed.

        Returns
        -------
        Word2Vec

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        ValueError
            If it is a file or no saved model, or was written by a later version.
        """
        if kind not in (None, "gensim"):
            message = f"kind must be 'gensim', or left out, got {kind!r}."
            raise ValueError(message)
        if kind and mmap:
            message = (
                "mmap must be False with kind='gensim': only folders can be mapped. "
                "Load it once without mmap, save it, and map that."
            )
            raise ValueError(message)
        saved = load_gensim_model(path) if kind else load_model(path, mmap)
        model = cls.__new__(cls)
        model._params = saved.params
        model.callbacks = []
        model.tokenize, model.column = saved.tokenize, saved.column
        model._start(CorpusCache(), progress=None)
        model.history = saved.history
        model.corpus_count = saved.corpus_count
        model.corpus_total_words = saved.corpus_total_words
        model._counts_given = saved.counts_given
        model._init_vectors, model._freeze = None, saved.freeze
        model._inputs = LiveVectors(saved.locked, saved.attributes)
        model._checkpoints = NoCheckpoints()
        model._ranks = OneRank()
        model._state = saved.state
        return model

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "callbacks": [], "_checkpoints": NoCheckpoints()}
        state["_ranks"] = OneRank()  # a copy trains alone
        del state["_training_lock"]  # a lock
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _training_lock=threading.Lock())

    def __copy__(self) -> Word2Vec:
        # Two models that train the same matrices would undo each other's work.
        return copy.deepcopy(self)


def _check_is_model(other: object) -> None:
    """Raise TypeError for anything but a Word2Vec of w2vfast."""
    if not isinstance(other, Word2Vec):
        message = (
            f"reset_from takes a Word2Vec of w2vfast, got {shown(other)}. Of vectors, "
            "and of a model of gensim, give words and counts: build_vocab_from_freq({"
            "word: wv.get_vecattr(word, 'count') for word in wv.index_to_key})."
        )
        raise TypeError(message)


def _changed(params: TrainParams, changes: dict[str, Any]) -> TrainParams:
    """Return parameters with those changes that are not None."""
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(params, **given)


class _NamesOfTrain(Spelling):
    """Spells the parameters of the class that `train` has under another name."""

    def name(self, parameter: str) -> str:
        return _NAMES_OF_TRAIN.get(parameter, parameter)

    def setting(self, parameter: str, value: object) -> str:
        return super().setting(self.name(parameter), value)


_NAMES_OF_TRAIN = {"alpha": "start_alpha", "min_alpha": "end_alpha"}


def _changed_for_call(params: TrainParams, changes: dict[str, Any]) -> TrainParams:
    """Return changed parameters; an error has the names that `train` has for them."""
    try:
        return _changed(params, changes)
    except (ParameterError, ParameterTypeError) as error:
        spelling = _NamesOfTrain()
        parameter, value, accepted, hint, unset = error.args
        raise type(error)(
            *(spelling.name(parameter), value),
            *(spelling.text(accepted), spelling.text(hint)),
            "that of the model" if unset else "",
        ) from None


def _log_run(params: TrainParams, vocab: Vocab) -> None:
    logger.info("Training %s.", params.summary)
    if params.objective == "softmax":
        logger.info("Full softmax: %s.", cost.cost(params, vocab.visible_counts))
