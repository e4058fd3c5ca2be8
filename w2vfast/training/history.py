"""What a training run recorded: losses, samples over time, one summary per epoch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Losses:
    """Sums of losses over predictions, by objective.

    Attributes
    ----------
    predictions : int
        Predictions whose losses were computed.  A prediction is one (context, centre)
        pair in skip-gram, one centre word in CBOW.
    hs, ns, softmax : float
        Sums of their losses under hierarchical softmax, negative sampling and full
        softmax [nats].
    """

    predictions: int = 0
    hs: float = 0.0
    ns: float = 0.0
    softmax: float = 0.0

    def __add__(self, other: Losses) -> Losses:
        return Losses(
            self.predictions + other.predictions,
            self.hs + other.hs,
            self.ns + other.ns,
            self.softmax + other.softmax,
        )

    def __sub__(self, other: Losses) -> Losses:
        return Losses(
            self.predictions - other.predictions,
            self.hs - other.hs,
            self.ns - other.ns,
            self.softmax - other.softmax,
        )

    def mean(self, objectives: Collection[str]) -> dict[str, float]:
        """Return the mean loss of a prediction [nats].

        Parameters
        ----------
        objectives : collection of str
            Those that are trained, of 'hs', 'ns' and 'softmax'.

        Returns
        -------
        dict of float
            By objective; empty if there was no prediction.
        """
        if not self.predictions:
            return {}
        return {name: getattr(self, name) / self.predictions for name in objectives}


class Sample(NamedTuple):
    """The state of an epoch at one moment; all but alpha count from the epoch's start.

    Attributes
    ----------
    seconds : float
        Wall time [s].
    words : int
        Ids visited: words of the vocabulary and sentence ends [tokens].
    alpha : float
        Learning rate.
    predictions : int
        Predictions whose losses were computed.
    hs_loss, ns_loss, softmax_loss : float
        Sums of their losses, by objective [nats].
    """

    seconds: float
    words: int
    alpha: float
    predictions: int
    hs_loss: float
    ns_loss: float
    softmax_loss: float = 0.0


class Progress(NamedTuple):
    """Where a run stands while it trains.

    Attributes
    ----------
    epoch : float
        Epochs done, with the done share of the present one.
    n_epochs : int
        Epochs of the whole run.
    ids : int
        Ids visited in all epochs: words of the vocabulary and sentence ends [tokens].
    alpha : float
        Learning rate.
    losses : Losses
        Of all epochs.
    text : str
        A short description, for people to read.
    """

    epoch: float
    n_epochs: int
    ids: int
    alpha: float
    losses: Losses
    text: str


class Timeline:
    """Evenly spaced samples of an epoch; halved in number whenever they are too many.

    All counters are sums, so that dropping a sample loses nothing between its
    neighbours.

    Parameters
    ----------
    most : int
        Maximum number of samples between the first and the last one, at least 2.
    samples : sequence of Sample
        Those of the first part of the epoch, if it goes on after a break.
    stride : int
        The `stride` at that time.

    Attributes
    ----------
    stride : int
        Every `stride`-th sample is kept.
    """

    def __init__(
        self, most: int, samples: Sequence[Sample] = (), stride: int = 1
    ) -> None:
        self._most = most
        self._kept = list(samples)
        self.stride = stride
        self._n_seen = len(self._kept) * stride

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples that are kept so far."""
        return tuple(self._kept)

    def add(self, sample: Sample) -> None:
        """Add the next sample; keep it if it falls on the current spacing."""
        if self._n_seen % self.stride == 0:
            if len(self._kept) == self._most:
                del self._kept[1::2]
                self.stride *= 2
            if self._n_seen % self.stride == 0:
                self._kept.append(sample)
        self._n_seen += 1

    def close(self, last: Sample) -> tuple[Sample, ...]:
        """Return the kept samples in order, then the last one."""
        kept = self._kept
        # The mean over a short last interval would be mostly noise.
        if len(kept) > 1:
            usual = kept[1].seconds - kept[0].seconds
            if last.seconds - kept[-1].seconds < usual / 2:
                kept = kept[:-1]
        return (*kept, last)


@dataclass(frozen=True)
class EpochStats:
    """Summary of one epoch.

    Attributes
    ----------
    epoch : int
        From 0.
    alpha : float
        Learning rate at the end of the epoch.
    words : int
        Ids visited: words of the vocabulary and sentence ends [tokens].
    seconds : float
        Wall time [s].
    hs_loss, ns_loss, softmax_loss : float or None
        Mean loss of a prediction under each objective [nats].  A prediction is one
        (context, centre) pair in skip-gram, one centre word in CBOW; its loss is the
        sum over its outputs, with full softmax -log p of the centre word.  None if the
        objective was not trained or no loss was computed.
    samples : tuple of Sample
        The epoch over time, from its start to its end.
    unknown : int
        Occurrences of words outside the vocabulary, which training ignores
        [occurrences].
    """

    epoch: int
    alpha: float
    words: int
    seconds: float
    hs_loss: float | None
    ns_loss: float | None
    samples: tuple[Sample, ...] = field(default=(), repr=False)
    unknown: int = 0
    softmax_loss: float | None = None

    @classmethod
    def from_dict(cls, stats: dict[str, Any]) -> EpochStats:
        """Make one from the result of `dataclasses.asdict`, also if read from JSON."""
        samples = tuple(Sample(*values) for values in stats.get("samples", ()))
        return cls(**{**stats, "samples": samples})

    @property
    def loss(self) -> float | None:
        """Sum of the objectives' losses [nats]."""
        losses = (self.hs_loss, self.ns_loss, self.softmax_loss)
        computed = [loss for loss in losses if loss is not None]
        return sum(computed) if computed else None
