"""Word2Vec: what a user calls.  Ties the parts together, no algorithm of its own."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from w2vfast.compat import GensimNames, check_gensim_call
from w2vfast.formats.folder import MODEL_KIND, load_folder, save_folder
from w2vfast.params import (
    TrainParams,
    check_gensim_arguments,
    refuse_unknown_arguments,
)
from w2vfast.prediction.queries import OutputQueries
from w2vfast.system.files import open_output
from w2vfast.system.log import logger
from w2vfast.system.progress import ProgressBar
from w2vfast.text import corpus
from w2vfast.text.sources import Source, file_source, sentence_source
from w2vfast.text.vocab import Vocab, read_vocab, vocab_from_counts
from w2vfast.text.vocab_growth import GrownVocab, check_growable, grow_from_counts
from w2vfast.training import cost, huffman, sampling, trainer
from w2vfast.training.callbacks import call_hooks, checked_callbacks
from w2vfast.vectors.keyedvectors import KeyedVectors
from w2vfast.warmstart.freezing import checked_words, frozen_rows
from w2vfast.warmstart.init_vectors import Coverage, check_source, set_rows
from w2vfast.warmstart.weight_growth import grown_weights

if TYPE_CHECKING:
    from collections.abc import Callable

PathLike = str | os.PathLike[str]


class Word2Vec(OutputQueries, GensimNames):
    """Word vectors by skip-gram or CBOW, with gensim's names.

    Trains at once when it is given data; otherwise call `build_vocab` and `train`.

    Parameters
    ----------
    sentences : iterable of token lists, integer array or `IdCorpus`, optional
        Tokens are str, bytes or int.  Integer arrays: 2-D, one walk or basket a row,
        padded with -1; 1-D, separated by -1; or (indptr, ids).  The files of a
        `LineSentence` and its like are read as by `corpus_file`, but cut as it cuts.
    corpus_file : path, list of paths, directory, glob or "-", optional
        Text, one sentence a line, words separated by spaces or tabs; gzip, bz2, xz
        and zstd are recognised.
    vector_size : int
        Length of a vector, D.
    alpha : float, optional
        Learning rate at the start; default 0.05 for CBOW and 0.025 for skip-gram.
        Differs: gensim takes 0.025 for both.
    window : int
        Farthest context word on each side [words].
    min_count : int
        Words seen less often are left out [occurrences].
    max_vocab_size : int, optional
        Prune rare words while counting, beyond this many; inexact, warns of losses.
    sample : float
        Subsampling threshold [fraction of the corpus], 0: off.
    seed : int
        Same seed, build, instruction set and one worker: same bytes.
    workers : int, optional
        Threads; default all CPUs that this process may use, 1 in exact mode.
    min_alpha : float, optional
        End of the linear decay; default a floor of 0.0001 * alpha, as in C.
    sg : {0, 1}
        1 skip-gram, 0 CBOW.
    hs : {0, 1}
        Hierarchical softmax; may be combined with negative sampling.
    negative : int
        Noise words a prediction, 0: no negative sampling.
    ns_exponent : float
        Noise words are drawn by count ** ns_exponent.
    noise_weights : array_like of shape (V,) or callable, optional
        Noise words are drawn in proportion to these instead: one number of at least 0
        for each word, in the order of `wv`.  A callable gets the words' counts, in
        that order, and returns them.  The model keeps and saves them; a saved model,
        and a copy, have the numbers that the callable gave, for the words they have.
    objective : {None, "softmax"}
        None trains what `hs` and `negative` say; "softmax" the full softmax over all
        words, at most 50,000, in their place.
    cbow_mean : {0, 1}
        CBOW input: 1 the mean of the context vectors, 0 their sum.
    epochs : int
        Passes over the corpus.
    compute_loss : bool
        Take the loss on every centre word instead of every 16th, as is done anyway in
        a text of fewer than 20,000 tokens.
    callbacks : iterable
        Objects with hooks; see `CallbackAny2Vec`.
    max_final_vocab : int, optional
        Keep at most this many words, the most frequent ones.
    shrink_windows : bool
        Draw each window's size from 1 to `window`; False: always `window`.
    mode : {"fast", "exact"}
        "exact": the bytes of the C program at one thread.
    negative_sharing : {"window", "pair"}
        Whether a window shares noise words, each draw of which serves four windows,
        or each pair has draws of its own.
    cbow_gradient : {"reference", "mean"}
        Whether each context word gains C's undivided error or the mean's gradient,
        which wants a larger alpha and gets fewer analogies right.
    max_sentence_length : int
        Longer sentences are cut into pieces, nothing is dropped [words].
    memory_limit : int, optional
        Ids beyond this many bytes go to a memory-mapped file.
    cache_dir : path, optional
        Where that file lies; default the system's temporary directory.
    progress : bool, optional
        Show progress bars on standard error.  Default: only if it is a terminal, or in
        a notebook; elsewhere progress is logged at most every 30 s (level INFO).
    init_vectors : path or KeyedVectors, optional
        Words that it has begin with its vectors, also words that come in later, but
        not those of a model that was saved and loaded; the others begin at random.
        Any format that `KeyedVectors.load` reads.  A KeyedVectors is kept, not copied.
    freeze : iterable of str or int, optional
        Words whose vectors (`wv`) training leaves as they are.  The others learn from
        them; output vectors are not frozen.
    hashfxn, null_word, trim_rule, sorted_vocab, batch_words, comment
        gensim's.  Those that change nothing here are accepted with a warning, the
        others raise unless they have gensim's default.

    Attributes
    ----------
    wv : KeyedVectors
        The input vectors by word.
    output_vectors : KeyedVectors
        The output vectors by word, with negative sampling or full softmax.
    vocab : Vocab
        Words and counts, sentence end first.
    params : TrainParams
    history : list of EpochStats
        One entry an epoch, over all calls of `train`.
    corpus_count : int
        Sentences seen by `build_vocab`.
    corpus_total_words : int
        Words seen by it, before `min_count`.
    init_coverage : Coverage or None
        How many of the words, and what share of the text, have `init_vectors`; None
        before the vectors are made.

    Raises
    ------
    TypeError, ValueError
        For parameters or data that cannot be used; the message says what can.
    """

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
        seed: int = 1,
        workers: int | None = None,
        min_alpha: float | None = None,
        sg: int | bool = 0,
        hs: int | bool = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        noise_weights: sampling.NoiseWeights | None = None,
        objective: str | None = None,
        cbow_mean: int | bool = 1,
        hashfxn: Callable[[str], int] | None = None,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: Any = None,
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
        memory_limit: int | None = None,
        cache_dir: PathLike | None = None,
        progress: bool | None = None,
        init_vectors: KeyedVectors | PathLike | None = None,
        freeze: Iterable[str | int] | None = None,
        **unknown: NoReturn,
    ) -> None:
        given = locals()
        refuse_unknown_arguments(unknown, given.keys() - {"self", "unknown"})
        names = (field.name for field in dataclasses.fields(TrainParams))
        self.params = TrainParams(**{name: given[name] for name in names})
        check_gensim_arguments(
            batch_words=batch_words,
            hashfxn=hashfxn,
            comment=comment,
            sorted_vocab=sorted_vocab,
            null_word=null_word,
            trim_rule=trim_rule,
        )
        callbacks = checked_callbacks(callbacks)
        self._start(memory_limit, cache_dir, progress)
        if init_vectors is not None:
            check_source(init_vectors, self.params.vector_size)
        self._init_vectors = init_vectors
        self._freeze = [] if freeze is None else checked_words(freeze)
        self._set_noise_weights(noise_weights)
        if sentences is not None or corpus_file is not None:
            try:
                self.build_vocab(sentences, corpus_file)
                self.train(callbacks=callbacks)
            finally:
                self._forget_corpus()

    def _start(
        self,
        memory_limit: int | None,
        cache_dir: PathLike | None,
        progress: bool | None,
    ) -> None:
        self._vocab: Vocab | None = None
        self.history: list[trainer.EpochStats] = []
        self.corpus_count = 0
        self.corpus_total_words = 0
        self._memory_limit = memory_limit
        self._cache_dir = cache_dir
        self._progress = progress
        self._training = threading.Lock()
        self._noise_weights: sampling.NoiseWeights | None = None
        self._weights: trainer.Weights | None = None
        self._wv: KeyedVectors | None = None
        self._shown: Vocab | None = None  # by `_wv`
        self.init_coverage: Coverage | None = None
        self._corpus: corpus.EncodedCorpus | None = None
        self._corpus_identity: Any = None

    def __repr__(self) -> str:
        n_words = "no" if self._vocab is None else len(self._visible(self.vocab.words))
        text = f"{n_words} words, vector_size={self.params.vector_size}"
        if self.params.objective is not None:
            text += f", objective={self.params.objective!r}"
        return f"Word2Vec({text})"

    # ---- vocabulary and ids --------------------------------------------------------

    def build_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        *,
        update: bool = False,
        progress: bool | None = None,
        **gensim: Any,
    ) -> None:
        """Read a corpus once: count its words and encode it.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As `sentences` and `corpus_file` of the class.
        update : bool, default False
            Take the corpus into the vocabulary that the model has: its words gain
            their occurrences, and words that occur `min_count` times in this corpus
            come in, as far as `max_final_vocab` has room.  No word goes.  Known words
            keep their vectors, in rows that follow the new counts; new ones begin as
            in a new model.  `max_vocab_size` has no effect.
        progress : bool, optional
            Default: as given to the class.
        **gensim
            gensim's `progress_per` and `keep_raw_vocab`, without effect.

        Raises
        ------
        RuntimeError
            If the model has a vocabulary already, or has none to update.
        ValueError
            If no word of the corpus is known or comes in.

        Notes
        -----
        With `hs` the tree is built anew, and its inner nodes begin with what the old
        ones knew of the words on their two sides; see
        `w2vfast.warmstart.node_growth`.
        Whatever goes wrong, the model is either as it was or grown; the ids of the
        text before are given up first.
        """
        check_gensim_call(gensim, self.build_vocab)
        if not update:
            self._refuse_vocab()
        source = self._source_of(corpus_iterable, corpus_file)
        if not update:
            self._encode(source, None, progress)
            return
        with self._alone():
            check_growable(self.vocab)
            self._encode(source, self.vocab, progress, grow=True)

    def _refuse_vocab(self) -> None:
        if self._vocab is not None:
            message = (
                "the model has a vocabulary already; grow it by update=True, make a "
                "new Word2Vec for another one, or call train to train on more text "
                "with this one."
            )
            raise RuntimeError(message)

    def build_vocab_from_freq(
        self, word_freq: Mapping[str, int], *, update: bool = False, **gensim: Any
    ) -> None:
        """Take the vocabulary from counts; `min_count` and `max_final_vocab` apply.

        Parameters
        ----------
        word_freq : mapping of str (or int) to int
            Words and their counts.
        update : bool, default False
            Take them into the vocabulary that the model has; see `build_vocab`.
        **gensim
            gensim's `keep_raw_vocab` and `corpus_count`, without effect.

        Raises
        ------
        RuntimeError
            If the model has a vocabulary already, or has none to update.
        """
        check_gensim_call(gensim, self.build_vocab_from_freq)
        p = self.params
        limits = {"min_count": p.min_count, "max_final_vocab": p.max_final_vocab}
        if not update:
            self._refuse_vocab()
            self._set_vocab(vocab_from_counts(word_freq, **limits))  # type: ignore[arg-type]
            return
        with self._alone():
            check_growable(self.vocab)
            grown = grow_from_counts(self.vocab, word_freq, **limits)  # type: ignore[arg-type]
            self._forget_corpus()  # its ids are rows that move
            self._take_growth(grown)

    def read_vocab(self, path: PathLike) -> None:
        """Take the vocabulary from a file of the C program (``-read-vocab``)."""
        self._refuse_vocab()
        p = self.params
        with open(path, "rb") as file:
            self._set_vocab(
                read_vocab(
                    file,
                    os.fspath(path),
                    min_count=p.min_count,
                    exact=p.mode == "exact",
                    max_final_vocab=p.max_final_vocab,
                )
            )

    def save_vocab(self, path: PathLike) -> None:
        """Write the vocabulary as the C program does (``-save-vocab``)."""
        words = self.vocab
        with open_output(path) as file:
            words.write(file)

    def _set_vocab(self, words: Vocab) -> None:
        least = 2 if self.params.mode == "exact" else 3
        if len(words) < least:
            only = words.words[-1]
            message = (
                f"the vocabulary has only one word, {only!r}: there is nothing to "
                f"predict. Lower min_count={self.params.min_count} or give more text."
            )
            raise ValueError(message)
        self._vocab = words

    def _take_growth(self, grown: GrownVocab) -> None:
        words, weights = self.vocab, self._weights
        cost.check(self.params, grown.counts[1:])
        if weights is not None:
            weights = grown_weights(
                weights, words.counts, grown, self.params, self._build_tree
            )
            self._begin(grown, weights, grown.origins >= len(words))
        noise = self._noise_weights
        if isinstance(noise, np.ndarray) and len(grown.words) == len(words):
            noise = noise[grown.origins[1:] - 1]  # row 0 stays, and has no weight
        # In one piece, so that no interrupt can leave words without rows.
        self.__dict__.update(
            _vocab=Vocab(grown.words, grown.counts),
            _weights=weights,
            _noise_weights=noise,
        )
        if self._wv is not None:
            self._show_vectors()

    @property
    def vocab(self) -> Vocab:
        """Words and counts, sentence end first."""
        if self._vocab is None:
            message = (
                "the model has no vocabulary yet: pass sentences or corpus_file, or "
                "call build_vocab, read_vocab or build_vocab_from_freq first."
            )
            raise RuntimeError(message)
        return self._vocab

    def _source_of(
        self, sentences: Any, corpus_file: Any, *, read_files: bool = True
    ) -> Source:
        if (sentences is None) == (corpus_file is None):
            message = (
                "give either sentences (token lists or integer arrays) or corpus_file "
                f"(a path), got {'neither' if sentences is None else 'both'}."
            )
            raise TypeError(message)
        if corpus_file is not None:
            return file_source(corpus_file)
        # Exact mode cuts a file's text as C does, which is not how readers cut it.
        read_files = read_files and self.params.mode == "fast"
        return sentence_source(sentences, read_files=read_files)

    def _encode(
        self,
        source: Any,
        words: Vocab | None,
        progress: bool | None,
        grow: bool = False,
    ) -> None:
        self._forget_corpus()
        p = self.params
        shown = self._progress if progress is None else progress
        identity = source.identity()  # before: a file may change meanwhile
        with ProgressBar(shown, None, source.unit) as bar:
            found, encoded = corpus.encode(
                source,
                exact=p.mode == "exact",
                min_count=p.min_count,
                max_final_vocab=p.max_final_vocab,
                max_vocab_size=p.max_vocab_size,
                vocab=words,
                grow=grow,
                workers=p.n_workers,
                memory_limit=self._memory_limit,
                cache_dir=self._cache_dir,
                progress=lambda done, total: bar.show(done, "reading", total),
            )
        try:
            if isinstance(found, GrownVocab):
                self._take_growth(found)
            elif words is None:
                self._set_vocab(found)
            elif encoded.n_unknown:
                share = encoded.n_unknown / encoded.n_words
                text = (
                    f"{encoded.n_unknown:,} of {encoded.n_words:,} words ({share:.1%})"
                )
                logger.info("%s are not in the vocabulary and are ignored.", text)
        except BaseException:
            encoded.close()
            raise
        self._corpus, self._corpus_identity = encoded, identity
        self.corpus_count = encoded.n_sentences
        self.corpus_total_words = encoded.n_words

    def _forget_corpus(self) -> None:
        if self._corpus is not None:
            self._corpus.close()
        self._corpus = self._corpus_identity = None

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
        noise_weights: sampling.NoiseWeights | None = None,
        callbacks: Iterable[Any] = (),
        progress: bool | None = None,
        freeze: Iterable[str | int] | None = None,
        **gensim: Any,
    ) -> None:
        """Train on a corpus; the learning rate falls once over this call's epochs.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As `sentences` and `corpus_file` of the class; words outside the vocabulary
            are passed over, and counted in `history`.  Without either, and with the
            object or path (unchanged in size and time) of the last call, the ids of
            `build_vocab` or of that call are used again; a model made from its text
            in one step has none.
        total_examples, total_words : int, optional
            gensim's; not needed, the corpus is counted.
        epochs, start_alpha, end_alpha, compute_loss, progress
            For this call, in place of the model's epochs, alpha, min_alpha ...
        noise_weights : array_like of shape (V,) or callable, optional
            As for the class, from now on.
        callbacks : iterable
            Objects with hooks; see `CallbackAny2Vec`.
        freeze : iterable of str or int, optional
            For this call, in place of the model's; () freezes no word.
        **gensim
            gensim's `queue_factor` and `report_delay`, without effect.

        Raises
        ------
        ValueError
            If a word to freeze is not in the vocabulary; the text names some that are.
            With full softmax, if there are more than 50,000 words: what it would cost.
        RuntimeError
            Without a vocabulary, without a corpus, or while the model is trained.
        FloatingPointError
            In fast mode, if vectors become non-finite.
        MemoryError
            If the matrices do not fit, before they are allocated.
        """
        check_gensim_call(gensim, self.train)
        callbacks = checked_callbacks(callbacks)
        with self._alone(), self._noise_of_call(noise_weights):
            self._train(
                corpus_iterable,
                corpus_file,
                {
                    "epochs": epochs,
                    "alpha": start_alpha,
                    "min_alpha": end_alpha,
                    "compute_loss": compute_loss,
                },
                callbacks,
                progress,
                self._freeze if freeze is None else checked_words(freeze),
            )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._training.acquire(blocking=False):
            message = (
                "this model is being trained already, by another thread or by the "
                "train that called this hook. Wait for its end, or train a copy."
            )
            raise RuntimeError(message)
        try:
            yield
        finally:
            self._training.release()

    def _train(
        self,
        corpus_iterable: Any,
        corpus_file: Any,
        given: dict[str, Any],
        callbacks: Sequence[Any],
        progress: bool | None,
        freeze: list[str | int],
    ) -> None:
        words = self.vocab
        shown_words = self._visible(words.words)
        hidden = len(words) - len(shown_words)
        frozen = frozen_rows(freeze, shown_words, hidden)
        # C's learning rate falls by the sum of the counts, also where these come from
        # another text; one that goes on with a training has a length of its own.
        as_c = not self.history and self.corpus_total_words == 0
        changed = {name: value for name, value in given.items() if value is not None}
        params = dataclasses.replace(self.params, **changed)
        cost.check(params, words.counts[1:])
        ids = self._ids_of(words, corpus_iterable, corpus_file, progress)
        weights = self._need_weights()
        shown = self._progress if progress is None else progress
        try:
            run = trainer.Trainer(
                weights,
                ids,
                dataclasses.replace(self._tables(words), frozen=frozen),
                words.train_words if as_c else len(ids),
                params,
                epochs_before=len(self.history),
                unknown=0 if self._corpus is None else self._corpus.n_unknown,
            )
            self._show_vectors()
            self._run(run, params, callbacks, shown)
        finally:
            weights.pack()
            self._show_vectors()

    def _ids_of(
        self,
        words: Vocab,
        corpus_iterable: Any,
        corpus_file: Any,
        progress: bool | None,
    ) -> NDArray[np.int32]:
        if corpus_iterable is not None or corpus_file is not None:
            source = self._source_of(corpus_iterable, corpus_file)
            known = self._corpus is not None and self._corpus_identity is not None
            if not known or source.identity() != self._corpus_identity:
                self._encode(source, words, progress)
        if self._corpus is None:
            message = (
                "there is no corpus to train on: pass it to train, as corpus_iterable "
                "or corpus_file. Only build_vocab keeps the text's ids; a model that "
                "was made from its text in one step, or loaded, does not hold it."
            )
            raise RuntimeError(message)
        return self._corpus.ids

    def _tables(self, words: Vocab) -> trainer.Tables:
        p, counts = self.params, words.counts
        if p.mode == "exact":
            return trainer.Tables(
                sampling.c_keep_thresholds(counts, p.sample),
                sampling.c_noise_sampler(counts) if p.negative else None,
                self._build_tree(counts) if p.hs else None,
            )
        return trainer.Tables(
            sampling.keep_thresholds(counts, p.sample),
            sampling.noise_sampler(counts, p.ns_exponent, self.noise_weights)
            if p.negative
            else None,
            self._build_tree(counts) if p.hs else None,
        )

    def _build_tree(self, counts: NDArray[np.int64]) -> huffman.HuffmanTree:
        exact = self.params.mode == "exact"
        return (huffman.build_c_tree if exact else huffman.build_tree)(counts)

    @contextlib.contextmanager
    def _noise_of_call(self, given: sampling.NoiseWeights | None) -> Iterator[None]:
        """Take these weights, but not from a call that fails in its first epoch."""
        before, n_epochs = self._noise_weights, len(self.history)
        self._set_noise_weights(given)
        try:
            yield
        except BaseException:
            if len(self.history) == n_epochs:
                self._noise_weights = before
            raise

    def _set_noise_weights(self, given: sampling.NoiseWeights | None) -> None:
        if given is None:
            return
        self.params.check_noise_weights()
        if self._vocab is not None:
            sampling.noise_weights(given, self._vocab.counts[1:])
        self._noise_weights = given if callable(given) else np.array(given)

    @property
    def noise_weights(self) -> NDArray[np.float64] | None:
        """Weights that noise words are drawn by, shape (V,), in the order of `wv`.

        None if there are none and the words' counts decide.
        """
        if self._noise_weights is None:
            return None
        return sampling.noise_weights(self._noise_weights, self.vocab.counts[1:])

    def _noise_array(self) -> Any:
        # One of a vocabulary that has grown since is kept; training will refuse it.
        given = self._noise_weights
        return self.noise_weights if callable(given) else given

    def _run(
        self,
        run: trainer.Trainer,
        params: TrainParams,
        callbacks: Sequence[Any],
        shown: bool | None,
    ) -> None:
        total = params.epochs * run.n_ids
        stop = call_hooks(callbacks, "on_train_begin", self)
        with ProgressBar(shown, total, "words") as bar:
            for epoch in range(params.epochs):
                stop = stop or call_hooks(callbacks, "on_epoch_begin", self)
                if stop:
                    break
                self.history.append(run.run_epoch(epoch, bar.show))
                stop = call_hooks(callbacks, "on_epoch_end", self)
        call_hooks(callbacks, "on_train_end", self)

    def get_latest_training_loss(self) -> float | None:
        """Return the mean loss of a prediction in the last epoch [nats].

        Differs: gensim adds losses up over epochs.
        """
        return self.history[-1].loss if self.history else None

    # ---- what was learnt -----------------------------------------------------------

    def _need_weights(self) -> trainer.Weights:
        if self._weights is None:
            weights = trainer.new_weights(len(self.vocab), self.params)
            weights.pack()
            self._begin(self.vocab, weights)
            self._weights = weights
        return self._weights

    def _begin(
        self,
        words: Vocab,
        weights: trainer.Weights,
        is_new: NDArray[np.bool_] | None = None,
    ) -> None:
        """Let words begin with the vectors that `init_vectors` has of them."""
        if self._init_vectors is None:
            return
        self.init_coverage = set_rows(
            self._visible(weights.syn0.vectors),
            self._visible(words.words),
            self._visible(words.counts),
            self._init_vectors,
            None if is_new is None else self._visible(is_new),
        )
        logger.info("%s", self.init_coverage)

    def _visible(self, rows: Any) -> Any:
        # Fast mode hides row 0, the sentence end; in C's files it is a word.
        return rows if self.params.mode == "exact" else rows[1:]

    def _show_vectors(self) -> KeyedVectors:
        vectors = self._visible(self._need_weights().syn0.vectors)
        self._wv = self._keyed_rows(vectors, self._wv, self._shown)
        self._shown = self.vocab
        self._follow_outputs()
        return self._wv

    def _keyed_rows(
        self,
        rows: NDArray[np.float32],
        keyed: KeyedVectors | None,
        shown: Vocab | None,
    ) -> KeyedVectors:
        """Return the rows by word, in the KeyedVectors that shows them if there is one.

        `shown` is the vocabulary that it shows.
        """
        words = self.vocab
        keys, counts = self._visible(words.words), self._visible(words.counts)
        if keyed is None:
            exact = self.params.mode == "exact"
            return KeyedVectors(keys, rows, counts, c_text=exact, fixed=True)
        if shown is words:
            keyed.show_model_rows(rows)
        else:
            keyed.take_model_rows(keys, rows, counts)
        return keyed

    @property
    def wv(self) -> KeyedVectors:
        """The input vectors by word."""
        is_shown = self._wv is not None and self._shown is self._vocab
        return self._wv if is_shown else self._show_vectors()  # type: ignore[return-value]

    @property
    def syn1neg(self) -> NDArray[np.float32] | None:
        """Output vectors, shape (V, D), in the order of `wv`.

        Of negative sampling and full softmax.
        """
        rows = self._need_weights().syn1neg
        return None if rows is None else self._visible(rows.vectors)

    @property
    def syn1(self) -> NDArray[np.float32] | None:
        """Vectors of the Huffman tree's inner nodes, shape (V - 1, D).

        The root is first in fast mode, last in exact mode.
        """
        rows = self._need_weights().syn1
        n_words = len(self._visible(self.vocab.words))
        return None if rows is None else rows.vectors[: n_words - 1]

    @property
    def vector_size(self) -> int:
        """Length of a vector."""
        return self.params.vector_size

    @property
    def epochs(self) -> int:
        """Passes over the corpus that `train` makes by default."""
        return self.params.epochs

    def estimate_memory(self, vocab_size: int | None = None) -> dict[str, int]:
        """Estimate what training takes besides the ids of the text.

        Parameters
        ----------
        vocab_size : int, optional
            Default: the size of the model's vocabulary [words].

        Returns
        -------
        dict of int
            Bytes of vocab, syn0, syn1, syn1neg and tables, and their total.
        """
        n_rows = len(self.vocab) if vocab_size is None else vocab_size + 1
        return trainer.estimate_memory(n_rows, self.params)

    # ---- files and processes -------------------------------------------------------

    def save(self, path: PathLike) -> None:
        """Write the whole model to a folder of JSON and ``.npy`` files.

        Parameters
        ----------
        path : path
            Folder to make or to replace; only a saved model is replaced.
        """
        words = self.vocab
        meta = {
            "kind": MODEL_KIND,
            "params": self.params.to_dict(),
            "words": words.words,
            "corpus_count": self.corpus_count,
            "corpus_total_words": self.corpus_total_words,
            "history": [dataclasses.asdict(stats) for stats in self.history],
            "freeze": self._freeze,
        }
        arrays: dict[str, NDArray[Any]] = {
            name: rows.vectors for name, rows in self._need_weights()
        }
        if self._noise_weights is not None:
            arrays["noise_weights"] = self._noise_array()
        save_folder(path, meta, {"counts": words.counts, **arrays})

    @classmethod
    def load(cls, path: PathLike, mmap: bool = False) -> Word2Vec:
        """Read a model that `save` wrote.

        Parameters
        ----------
        path : path
        mmap : bool
            Map the matrices instead of reading them; training copies them first.

        Raises
        ------
        ValueError
            If the folder is not a saved model, or of a later version.
        """
        meta, arrays = load_folder(path, mmap)
        if meta.get("kind") != MODEL_KIND:
            message = f"{path} holds {meta.get('kind')!r}, not a {MODEL_KIND}."
            raise ValueError(message)
        model = cls.__new__(cls)
        model.params = TrainParams.from_dict(meta["params"])
        model._start(None, None, None)
        model._vocab = Vocab(meta["words"], np.array(arrays.pop("counts")))
        model._noise_weights = arrays.pop("noise_weights", None)
        model.corpus_count = meta["corpus_count"]
        model.corpus_total_words = meta["corpus_total_words"]
        model.history = [
            trainer.EpochStats.from_dict(stats) for stats in meta["history"]
        ]
        model._init_vectors, model._freeze = None, meta.get("freeze", [])
        rows = {name: trainer.Rows(matrix) for name, matrix in arrays.items()}
        model._weights = trainer.Weights(
            rows["syn0"], rows.get("syn1"), rows.get("syn1neg")
        )
        return model

    def __getstate__(self) -> dict[str, Any]:
        # The ids stay behind: a copy trains on what it is given.
        state = {
            **self.__dict__,
            "_wv": None,
            "_outputs": None,
            "_corpus": None,
            "_corpus_identity": None,
        }
        if self._vocab is not None:  # a function need not be picklable
            state["_noise_weights"] = self._noise_array()
        del state["_training"]  # a lock
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _training=threading.Lock())

    def __copy__(self) -> Word2Vec:
        # Two models on the same matrices would undo each other's work.
        return copy.deepcopy(self)
