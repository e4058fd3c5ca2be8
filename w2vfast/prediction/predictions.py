"""What a model predicts: methods of `Word2Vec` that use its output side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.prediction.combining import check_combination, combine_matrices
from w2vfast.prediction.layers import output_layer, output_rows
from w2vfast.prediction.predicting import predict_words
from w2vfast.prediction.scoring import WindowScorer, score_sentences
from w2vfast.text.sources import CorpusOptions, either_source
from w2vfast.text.vocab import SENTENCE_END
from w2vfast.vectors.keyedvectors import KeyedVectors

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.prediction.probabilities import Softmax, TreeSoftmax
    from w2vfast.state import ModelState
    from w2vfast.text.vocab import Vocab


class Predictions:
    """Questions to the output side of a model; a base class of `Word2Vec`."""

    if TYPE_CHECKING:  # what `Word2Vec` has

        @property
        def params(self) -> TrainParams:
            """The settings."""

        @property
        def vocab(self) -> Vocab:
            """Words and counts."""

        @property
        def wv(self) -> KeyedVectors:
            """The input vectors by word."""

        def _state_with_weights(self) -> ModelState: ...
        def _corpus_options(self) -> CorpusOptions: ...

    def combined_vectors(self, combine: str = "sum") -> KeyedVectors:
        """Return vectors made of the input and the output vectors of each word.

        Parameters
        ----------
        combine : {"sum", "input", "output", "concat"}
            "input" is `wv`, "output" `output_vectors`, "sum" adds the two vectors of
            each word, "concat" appends the output vector to the input vector.

        Returns
        -------
        KeyedVectors
            D values a word, 2 D for "concat"; a copy, independent of the model.

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
        call them w+c: the cosine of two sums mixes the similarity of the contexts of
        two words with how often the words co-occur.  Whether that helps depends on the
        task, so try it.  In skip-gram with negative sampling the two matrices point
        away from each other (Mimno and Thompson 2017, The strange geometry of
        skip-gram with negative sampling, EMNLP).  Press and Wolf 2017, Using the
        output embedding to improve language models (EACL), evaluate output vectors by
        themselves.
        """
        check_combination(combine)
        inputs = np.asarray(self.wv.vectors)
        outputs = inputs
        if combine != "input":
            outputs = output_rows(
                self._state_with_weights(), self.params, f"combine={combine!r}"
            )
        return KeyedVectors(
            self.wv.index_to_key,
            combine_matrices(inputs, outputs, combine),
            self.wv.counts,
            c_text=self.params.exact,
        )

    def predict_output_word(
        self,
        context_words_list: Iterable[str | int],
        topn: int | None = 10,
        *,
        weights: str | None = None,
        noise: bool = False,
    ) -> list[tuple[str | int, float]] | None:
        """Return the words that a context makes most probable.

        The hidden vector of the context is computed as in CBOW, also for a skip-gram
        model: the mean of the input vectors, or with ``cbow_mean=0`` their sum.

        Parameters
        ----------
        context_words_list : iterable of str or int
            Words; or rows of `wv`, where words are not integers themselves.  Unknown
            ones are ignored; a repeated one counts repeatedly.
        topn : int or None, default 10
            How many to return [words]; None returns all.
        weights : str, optional
            "syn1": by the tree of hierarchical softmax.  "syn1neg": by softmax over
            the output vectors.  By default what the model has; of both "syn1", but
            "syn1neg" with ``noise=True``.
        noise : bool, default False
            Weight the softmax of a model with negative sampling by the noise
            distribution.  That gives the probabilities that were trained.  Without it
            the result is gensim's, in which rare words get too much.

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
        ValueError
            If `weights` is not one of these.
        RuntimeError
            If the model does not have these weights, or no noise distribution.

        Warns
        -----
        UserWarning
            If no word of the context is known.

        Notes
        -----
        O(V D) time; formulas and sources at `w2vfast.prediction.probabilities`.
        Differs: gensim cannot do this for hierarchical softmax, and prefers `syn1neg`
        where it has both; an integer in a vocabulary of integers is never taken for a
        row.
        """
        return predict_words(
            self._layer(weights, noise),
            self.wv,
            context_words_list,
            topn,
            cbow_mean=self.params.cbow_mean,
        )

    def score(
        self,
        sentences: Any = None,
        total_sentences: int | None = None,
        chunksize: int | None = None,
        queue_factor: int | None = None,
        report_delay: float | None = None,
        *,
        corpus_file: Any = None,
        weights: str | None = None,
        noise: bool | None = None,
    ) -> NDArray[np.float64]:
        """Return the log-probability of each sentence.

        Parameters
        ----------
        sentences : optional
            As of the class.  There is one score for each list
            of tokens, row of an array or line of a file, empty ones included; and one
            for each sentence that a `LineSentence` yields, which skips blank lines.
        total_sentences, chunksize, queue_factor, report_delay : optional
            Of gensim; not needed.
        corpus_file : optional
            As of the class, in place of `sentences`.
        weights : str, optional
            As in `predict_output_word`.
        noise : bool, optional
            As there; default True if negative sampling has trained `syn1neg`.  A word
            that is never drawn as a negative sample (of weight 0) then has probability
            0, and its sentence the score -inf.

        Returns
        -------
        ndarray of float64, shape (sentences,)
            Sums over the predictions of a sentence [nats]: in skip-gram of a word from
            each word of its window, in CBOW from all of them at once.  0 where
            nothing is predicted, in a sentence with fewer than two known words.

        Raises
        ------
        TypeError, ValueError, OSError
            If the sentences, `weights` or a file cannot be used.
        RuntimeError
            If the model does not have these weights, or no noise distribution.

        Warns
        -----
        UserWarning
            If no word of any sentence is known.

        Notes
        -----
        Windows have their full size and no word is subsampled; unknown words are
        removed first; a window ends at `</s>` and where a sentence is cut after
        `max_sentence_length` words.  With "syn1" the score is the log-likelihood of
        Taddy 2015, Document classification by inversion of distributed language
        representations, ACL; with "syn1neg" the same by softmax over all output
        vectors, weighted by the noise distribution, which costs O(V D) for each
        distinct word in skip-gram and for each word in CBOW.  Scores decrease with
        the length: divide by it to compare sentences under one model.

        Differs: gensim scores with hierarchical softmax only, rounds the sigmoid to
        a table of 1,000 steps and ignores arguments beyond 6; it drops what follows
        the 10,000th word of a sentence, and counts a lone word in CBOW.
        """
        del total_sentences, chunksize, queue_factor, report_delay
        p = self.params
        scorer = WindowScorer(
            self.wv.vectors,
            self._layer(weights, noise),
            window=p.window,
            sg=p.sg,
            cbow_mean=p.cbow_mean,
        )
        return score_sentences(
            either_source(
                sentences, corpus_file, self._corpus_options(), read_files=False
            ),
            scorer,
            self.wv.key_to_index,
            ends={SENTENCE_END, self.vocab.words[0]},
            longest=p.max_sentence_length,
            exact=p.exact,
        )

    def _layer(self, weights: str | None, noise: bool | None) -> Softmax | TreeSoftmax:
        return output_layer(self._state_with_weights(), self.params, weights, noise)
