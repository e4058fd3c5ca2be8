"""The corpus that a model encoded last, and the source it was read from."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from w2vfast.system.log import logger
from w2vfast.system.progress import ProgressBar
from w2vfast.text.corpus import EncodedCorpus, WordSharing, encode

if TYPE_CHECKING:
    from w2vfast.aliases import PathLike
    from w2vfast.params import TrainParams
    from w2vfast.text.sources import Source
    from w2vfast.text.trim_rule import TrimRule
    from w2vfast.text.vocab import Vocab


class Encoded(NamedTuple):
    """A corpus that was just encoded, with its vocabulary."""

    vocab: Vocab
    corpus: EncodedCorpus


class CorpusCache:
    """Keeps the ids of the last corpus, for as long as its source is the same.

    Parameters
    ----------
    memory_limit : int, optional
        Keep ids in memory up to this size, else in a file [bytes].
    cache_dir : path, optional
        Folder of that file.

    Notes
    -----
    A copy or a pickle has the two settings and no ids: it trains on the corpus that it
    is given.
    """

    def __init__(
        self, memory_limit: int | None = None, cache_dir: PathLike | None = None
    ) -> None:
        self._memory_limit = memory_limit
        self._cache_dir = cache_dir
        self._identity: Hashable | None = None
        self.corpus: EncodedCorpus | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return CorpusCache, (self._memory_limit, self._cache_dir)

    def holds(self, source: Source) -> bool:
        """Tell whether the ids in the cache are those of this source.

        They are if it is the same object of the same content, as far as its identity
        shows, or the same paths with unchanged sizes and times of modification.
        """
        known = self._identity
        return known is not None and source.identity() == known

    def corpus_of(
        self,
        source: Source | None,
        params: TrainParams,
        vocab: Vocab,
        progress: bool | None = False,
        sharing: WordSharing | None = None,
    ) -> EncodedCorpus:
        """Return the ids of a source, or those in the cache.

        Parameters
        ----------
        source : FileSource, SentenceSource or IdCorpus, optional
            Read only if the cache does not hold it.
        params, progress, sharing
            As for `encoding`.
        vocab : Vocab
            Other words are ignored.

        Raises
        ------
        RuntimeError
            If there is neither a source nor a corpus in the cache.
        TypeError, ValueError, OSError
            As by `w2vfast.text.corpus.encode`.
        """
        if source is not None and not self._held_by_all(source, sharing):
            options: dict[str, Any] = {"progress": progress, "sharing": sharing}
            with self.encoding(source, params, vocab=vocab, **options):
                pass
        if self.corpus is None:
            message = (
                "there is no corpus to train on: pass it to train, as corpus_iterable "
                "or corpus_file. Only build_vocab keeps the text's ids; a model that "
                "was made from its text in one step, or loaded, does not hold it."
            )
            raise RuntimeError(message)
        return self.corpus

    def _held_by_all(self, source: Source, sharing: WordSharing | None) -> bool:
        # Of several processes, all read their parts, or none.
        n_changed = int(not self.holds(source))
        return not any([n_changed] if sharing is None else sharing.totals(n_changed))

    @contextmanager
    def encoding(
        self,
        source: Source,
        params: TrainParams,
        *,
        vocab: Vocab | None = None,
        grow: bool = False,
        trim_rule: TrimRule | None = None,
        progress: bool | None = False,
        sharing: WordSharing | None = None,
    ) -> Iterator[Encoded]:
        """Encode a source, and keep its ids if the block ends without an error.

        Parameters
        ----------
        source : FileSource, SentenceSource or IdCorpus
        params : TrainParams
            Gives mode, limits of the vocabulary and workers.
        vocab, grow, trim_rule, sharing
            As for `w2vfast.text.corpus.encode`.
        progress : bool or None, default False
            As for `w2vfast.system.progress.ProgressBar`.

        Yields
        ------
        Encoded
            The vocabulary and the ids.  The ids of the corpus before are dropped
            first, so that there is memory for the new ones.

        Raises
        ------
        TypeError, ValueError, OSError
            As by `w2vfast.text.corpus.encode`.
        """
        self.clear()
        identity = source.identity()  # first: a file may change while it is read
        options: dict[str, Any] = {
            "vocab": vocab,
            "grow": grow,
            "trim_rule": trim_rule,
            "sharing": sharing,
        }
        found = self._encode(source, params, progress, options)
        try:
            yield found
        except BaseException:
            found.corpus.close()
            raise
        self.corpus, self._identity = found.corpus, identity
        _log_unknown(found.corpus)

    def _encode(
        self,
        source: Source,
        params: TrainParams,
        progress: bool | None,
        options: dict[str, Any],
    ) -> Encoded:
        with ProgressBar(progress, None, source.unit) as bar:
            found = encode(
                source,
                exact=params.exact,
                min_count=params.min_count,
                max_final_vocab=params.max_final_vocab,
                max_vocab_size=params.max_vocab_size,
                workers=params.n_workers,
                memory_limit=self._memory_limit,
                cache_dir=self._cache_dir,
                report=lambda done, total: bar.show(done, "reading", total),
                **options,
            )
        return Encoded(*found)

    def clear(self) -> None:
        """Drop the ids, and the file that holds them."""
        if self.corpus is not None:
            self.corpus.close()
        self.corpus = self._identity = None


def _log_unknown(corpus: EncodedCorpus) -> None:
    if corpus.n_unknown:
        share = corpus.n_unknown / corpus.n_words
        logger.info(
            "%s of %s occurrences of words in the text (%s) are outside the "
            "vocabulary and are ignored.",
            f"{corpus.n_unknown:,}",
            f"{corpus.n_words:,}",
            f"{share:.1%}",
        )
