"""What an epoch looked like while it ran: a few samples of its counters."""

from __future__ import annotations

from typing import NamedTuple


class Sample(NamedTuple):
    """The state of an epoch at one moment; everything but alpha counts from its start.

    Attributes
    ----------
    seconds : float
        Wall time [s].
    words : int
        Ids visited, sentence ends included [words].
    alpha : float
        Learning rate.
    predictions : int
        On which the losses were taken.
    hs_loss, ns_loss, softmax_loss : float
        Sums over them, by objective [nats].
    """

    seconds: float
    words: int
    alpha: float
    predictions: int
    hs_loss: float
    ns_loss: float
    softmax_loss: float = 0.0


class Timeline:
    """Samples that come in at even times; when they grow too many, every second one.

    As all counters are sums, nothing is lost between two samples that are kept.

    Parameters
    ----------
    most : int
        Samples kept at most between the first and the last one, at least 2.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[Sample] = []
        self._stride = 1
        self._n_seen = 0

    def add(self, sample: Sample) -> None:
        """Take in the next sample, or pass it over."""
        if self._n_seen % self._stride == 0:
            if len(self._kept) == self._most:
                del self._kept[1::2]
                self._stride *= 2
            if self._n_seen % self._stride == 0:
                self._kept.append(sample)
        self._n_seen += 1

    def close(self, last: Sample) -> tuple[Sample, ...]:
        """Return what was kept, in order, and the last sample."""
        kept = self._kept
        # A short last stretch would be mostly noise.
        if len(kept) > 1:
            usual = kept[1].seconds - kept[0].seconds
            if last.seconds - kept[-1].seconds < usual / 2:
                kept = kept[:-1]
        return (*kept, last)
