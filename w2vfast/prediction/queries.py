"""What is asked of a model's output side: its vectors, predictions and scores.

A word has two vectors: a row of `syn0` where it is context (in CBOW and skip-gram
here, as in C, the input of a prediction), a row of `syn1neg` where it is predicted.
V words, D dim.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import shown
from w2vfast.params import COMBINATIONS, TrainParams
from w2vfast.prediction.probabilities import Softmax, TreeSoftmax
from w2vfast.prediction.scoring import WindowScorer, score_sentences
from w2vfast.text.sources import Source
from w2vfast.training import huffman
from w2vfast.vectors.keyedvectors import KeyedVectors
from w2vfast.vectors.neighbours import largest

if TYPE_CHECKING:
    from w2vfast.text.vocab import Vocab

OUTPUT_WEIGHTS = ("syn1", "syn1neg")


def combine_matrices(
    inputs: NDArray[np.float32], outputs: NDArray[np.float32], combine: str
) -> NDArray[np.float32]:
    """Make one matrix of the input and the output vectors; always a copy.

    Parameters
    ----------
    inputs, outputs : ndarray of float32, shape (V, D)
    combine : {"input", "output", "sum", "concat"}

    Returns
    -------
    ndarray of float32, shape (V, D), or (V, 2 D) for "concat"
    """
    if combine == "sum":
        return inputs + outputs
    if combine == "concat":
        return np.hstack([inputs, outputs])
    return np.array(inputs if combine == "input" else outputs)


class OutputQueries:
    """The part of `Word2Vec` that asks its output weights."""

    params: TrainParams

    if TYPE_CHECKING:  # what `Word2Vec` has

        @property
        def vocab(self) -> Vocab:
            """Words and counts, sentence end first."""

        @property
        def wv(self) -> KeyedVectors:
            """Input vectors."""

        @property
        def syn1(self) -> NDArray[np.float32] | None:
            """Inner nodes."""

        @property
        def syn1neg(self) -> NDArray[np.float32] | None:
            """Output vectors."""

        @property
        def noise_weights(self) -> NDArray[np.float64] | None:
            """Weights of the noise words, if given."""

        def _visible(self, rows: Any) -> Any: ...

        def _build_tree(self, counts: NDArray[np.int64]) -> huffman.HuffmanTree: ...

        def _keyed_rows(
            self, rows: Any, keyed: KeyedVectors | None, shown: Vocab | None
        ) -> KeyedVectors: ...

        def _source_of(
            self, sentences: Any, corpus_file: Any, *, read_files: bool
        ) -> Source: ...

    _outputs: KeyedVectors | None = None
    _outputs_shown: Vocab | None = None  # by `_outputs`
    _tree: tuple[Vocab, huffman.HuffmanTree] | None = None

    # ---- vectors ---------------------------------------------------------------

    @property
    def output_vectors(self) -> KeyedVectors:
        """The output vectors by word: the rows of `syn1neg`, keyed as `wv`.

        They are the model's own, as those of `wv`: they follow further training, and
        what is written to them is trained on.

        Words are near each other here if they follow the same contexts; the product
        of a row of `wv` and a row of these tells how well the two stand together
        (Nalisnick et al. 2016, Improving document ranking with dual word embeddings,
        WWW).

        Raises
        ------
        RuntimeError
            If the model has none: it was trained by hierarchical softmax alone.
        """
        return self._show_outputs(self._need_syn1neg("output_vectors"))

    def _follow_outputs(self) -> None:
        """Let the output vectors in hand follow the matrix, which moves and grows."""
        if self._outputs is not None and self.syn1neg is not None:
            self._show_outputs(self.syn1neg)

    def _show_outputs(self, rows: NDArray[np.float32]) -> KeyedVectors:
        shown = self._keyed_rows(rows, self._outputs, self._outputs_shown)
        self._outputs, self._outputs_shown = shown, self.vocab
        return shown

    def combined_vectors(self, combine: str = "sum") -> KeyedVectors:
        """Return vectors made of the input and the output vectors of each word.

        Parameters
        ----------
        combine : {"input", "output", "sum", "concat"}, default "sum"
            "input" is `wv`, "output" `output_vectors`, "sum" adds the two of each
            word, "concat" puts the output vector behind the input vector.

        Returns
        -------
        KeyedVectors
            D values a word, 2 D for "concat"; a copy, free of the model.

        Raises
        ------
        ValueError
            If `combine` is none of these.
        RuntimeError
            If the model has no output vectors, unless "input" is asked for.

        Notes
        -----
        GloVe's vectors are such sums (Pennington et al. 2014, GloVe: global vectors
        for word representation, EMNLP).  Levy, Goldberg and Dagan 2015, Improving
        distributional similarity with lessons learned from word embeddings (TACL 3),
        call them w+c: a cosine of sums mixes likeness of two words' contexts with how
        often they stand together, for better or worse by task, so try it.  In skip-gram
        with negative sampling the two matrices point away from each other (Mimno and
        Thompson 2017, The strange geometry of skip-gram with negative sampling,
        EMNLP).  Press and Wolf 2017, Using the output embedding to improve language
        models (EACL), measure output vectors by themselves.
        """
        if combine not in COMBINATIONS:
            accepted = ", ".join(repr(name) for name in COMBINATIONS)
            message = f"combine must be one of {accepted}, got {combine!r}."
            raise ValueError(message)
        inputs = np.asarray(self.wv.vectors)
        outputs = inputs
        if combine != "input":
            outputs = self._need_syn1neg(f"combine={combine!r}")
        return KeyedVectors(
            self.wv.index_to_key,
            combine_matrices(inputs, outputs, combine),
            self.wv.counts,
            c_text=self.params.mode == "exact",
        )

    def _need_syn1neg(self, asked: str) -> NDArray[np.float32]:
        rows = self.syn1neg
        if rows is not None:
            return rows
        if self.params.hs and not self.params.negative:
            message = (
                f"{asked} needs output vectors of words, and this model has none: it "
                "was trained by hierarchical softmax alone (hs=1, negative=0), whose "
                "output weights belong to inner nodes of a tree, not to words. Train "
                "with negative=5, beside hs=1 or instead of it."
            )
        else:
            message = (
                f"{asked} needs output vectors of words, and this model was loaded "
                "without its output weights (syn1neg). Load a folder that "
                "Word2Vec.save wrote, or train again."
            )
        raise RuntimeError(message)

    # ---- predictions -----------------------------------------------------------

    def predict_output_word(
        self,
        context_words_list: Iterable[str | int],
        topn: int | None = 10,
        *,
        weights: str | None = None,
        noise: bool = False,
    ) -> list[tuple[str | int, float]] | None:
        """Return the words that a context makes most probable.

        The context is turned into one vector as in CBOW, also in a skip-gram model:
        the mean of the input vectors, or with ``cbow_mean=0`` their sum.

        Parameters
        ----------
        context_words_list : iterable of str or int
            Words; or rows of `wv`, where words are not integers themselves.  Unknown
            ones are passed over; one that stands twice counts twice.
        topn : int or None, default 10
            How many to return [words]; None returns all.
        weights : {"syn1", "syn1neg"}, optional
            "syn1": by the tree of hierarchical softmax.  "syn1neg": by softmax over
            the output vectors.  By default what the model has; of both "syn1", but
            "syn1neg" with ``noise=True``.
        noise : bool, default False
            Weight the softmax of a model with negative sampling by the noise
            distribution.  That gives the probabilities that were trained; without, they
            are gensim's, where rare words get too much.

        Returns
        -------
        list of (str or int, float), or None
            Words and probabilities, the largest first, of equal ones in the order of
            `wv`.  The probabilities of all words add up to 1.  None, with a
            warning, if no word is known.

        Raises
        ------
        TypeError
            If the context is a single string.
        ValueError, RuntimeError
            If `weights` is neither, or the model lacks them, or the noise.

        Notes
        -----
        O(V D) time; formulas and sources at `w2vfast.prediction.probabilities`.
        Differs: gensim cannot do this for hierarchical softmax, and prefers `syn1neg`
        where it has both; a number in a vocabulary of numbers is never taken for a row.
        """
        layer = self._layer(weights, noise)
        rows = self._context_rows(context_words_list)
        if not rows:
            message = "no word of the context is in the vocabulary, so nothing follows"
            warnings.warn(message, UserWarning, stacklevel=2)
            return None
        hidden = np.asarray(self.wv.vectors)[rows].sum(axis=0, dtype=np.float64)
        if self.params.cbow_mean:
            hidden /= len(rows)
        found = layer.log_probabilities(hidden)
        best = largest(found, len(found) if topn is None else topn, finite=False)
        keys = [self.wv.index_to_key[row] for row in best]
        return list(zip(keys, np.exp(found[best]).tolist(), strict=True))

    def _context_rows(self, context: Iterable[str | int]) -> list[int]:
        if isinstance(context, (str, bytes)):
            message = (
                f"context_words_list must be a list of words, got {shown(context)}. "
                f"For one word write [{context!r}]."
            )
            raise TypeError(message)
        row_of = self.wv.key_to_index
        # In a vocabulary of numbers one that is unknown must not become a row.
        numbers = isinstance(self.wv.index_to_key[-1], int)
        places = range(0 if numbers else len(row_of))
        rows = []
        for word in context:
            if isinstance(word, bytes):  # decoded as the words of a text are
                word = word.decode("utf-8", "surrogateescape")
            is_number = isinstance(word, int | np.integer) and type(word) is not bool
            is_row = is_number and word in places
            rows.append(int(word) if is_row else row_of.get(word, -1))
        return [row for row in rows if row >= 0]

    # ---- scores ----------------------------------------------------------------

    def score(
        self,
        sentences: Any = None,
        *,
        corpus_file: Any = None,
        weights: str | None = None,
        noise: bool | None = None,
        total_sentences: int | None = None,
        chunksize: int | None = None,
    ) -> NDArray[np.float64]:
        """Return the log-probability of each sentence.

        Parameters
        ----------
        sentences, corpus_file
            As those of the class.  One score for each list of tokens, row of an array
            or line of a file, empty ones too; for each sentence that a `LineSentence`
            yields, which passes over blank lines.
        weights : {"syn1", "syn1neg"}, optional
            As in `predict_output_word`.
        noise : bool, optional
            As there; default True where negative sampling has trained `syn1neg`.  A
            word that is never drawn as noise (of weight 0) then has probability 0,
            and its sentence the score -inf.
        total_sentences, chunksize : int, optional
            gensim's; not needed.

        Returns
        -------
        ndarray of float64, shape (sentences,)
            Sums over the predictions of a sentence [nats]: of a word from each word
            of its window in skip-gram, from all of them at once in CBOW.  0 where
            nothing is predicted, in a sentence with fewer than two known words.

        Raises
        ------
        TypeError, ValueError, RuntimeError, OSError
            If the sentences, `weights` or a file cannot be used; what is missing.

        Warns
        -----
        UserWarning
            If no word at all is known.

        Notes
        -----
        Windows are full (nothing is drawn, no word is subsampled); unknown words are
        taken out first; `</s>` ends a window, and so does the cut of sentences after
        `max_sentence_length` words.  With "syn1" the log-likelihood of Taddy 2015,
        Document classification by inversion of distributed language representations,
        ACL; with "syn1neg" the same by softmax over all output vectors, weighted by
        the noise, at the cost of V D for each distinct word in skip-gram, each word in
        CBOW.  Sums grow with the length: divide by it to compare sentences under one
        model.

        Differs: gensim scores with hierarchical softmax only, rounds the sigmoid to
        a table of 1,000 steps and leaves out what is beyond 6; it drops what follows
        a sentence's 10,000th word, and counts a lone word in CBOW.
        """
        del total_sentences, chunksize
        p = self.params
        scorer = WindowScorer(
            self.wv.vectors,
            self._layer(weights, noise),
            window=p.window,
            sg=p.sg,
            cbow_mean=p.cbow_mean,
        )
        return score_sentences(
            self._source_of(sentences, corpus_file, read_files=False),
            scorer,
            self.wv.key_to_index,
            ends={"</s>", self.vocab.words[0]},
            longest=p.max_sentence_length,
        )

    # ---- output layers ---------------------------------------------------------

    def _layer(self, weights: str | None, noise: bool | None) -> Softmax | TreeSoftmax:
        if weights is not None and weights not in OUTPUT_WEIGHTS:
            message = f"weights must be 'syn1', 'syn1neg' or None, got {weights!r}."
            raise ValueError(message)
        nodes = self.syn1
        if weights == "syn1" or (weights is None and nodes is not None and not noise):
            if nodes is None or noise:
                message = (
                    "weights='syn1' needs a model with hierarchical softmax (hs=1), "
                    "and this one has none. Leave weights out."
                    if nodes is None
                    else "noise=True goes with weights='syn1neg', not with 'syn1': "
                    "hierarchical softmax draws no noise. Leave noise out."
                )
                raise RuntimeError(message)
            return TreeSoftmax(nodes, self._word_paths())
        rows = self._need_syn1neg("weights='syn1neg'")
        if noise and not self.params.negative:
            message = (
                "noise=True needs a model with negative sampling, and this one was "
                "trained with negative=0. Leave noise out."
            )
            raise RuntimeError(message)
        if noise or (noise is None and self.params.negative):
            return Softmax(rows, self._log_noise())
        return Softmax(rows)

    def _log_noise(self) -> NDArray[np.float64]:
        """Return the log of the noise distribution over the words of `wv`."""
        counts = self._visible(self.vocab.counts)
        shares = np.zeros(len(counts))
        seen = np.flatnonzero(counts > 0)
        shares[seen] = (counts[seen] / counts.max()) ** self.params.ns_exponent
        if self.noise_weights is not None:
            shares = self.noise_weights / self.noise_weights.max()
        shares /= shares.sum()
        if self.params.mode == "exact":
            # C draws any other word instead of row 0, all with the same chance.
            shares[1:] += shares[0] / (len(shares) - 1)
            shares[0] = 0
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(shares), np.float64)

    def _word_paths(self) -> huffman.HuffmanTree:
        """Return the paths of the words of `wv`."""
        words = self.vocab
        if self._tree is None or self._tree[0] is not words:
            tree = self._build_tree(words.counts)
            tree = tree._replace(offsets=self._visible(tree.offsets))
            self._tree = (words, tree)
        return self._tree[1]
