"""How often checkpoints are written: "10min" or "500Mwords"."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from w2vfast.errors import ParameterError, ParameterTypeError

DEFAULT = "10min"
EVERY = "checkpoint_every"
_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600}
_WORDS = {"words": 1, "kwords": 10**3, "Mwords": 10**6, "Gwords": 10**9}
_FORM = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?(?:e[0-9]{1,2})?)\s*([A-Za-z]+)\s*")
_ACCEPTED = "a time such as '10min', '90s' or '2h', or words such as '500Mwords'"
_UNSET = f"a checkpoint every {DEFAULT}"


class Interval(NamedTuple):
    """What lies between two checkpoints; one of the two is None.

    Attributes
    ----------
    seconds : float or None
        [s]
    words : int or None
        Words of the vocabulary and sentence ends, in all epochs [tokens].
    """

    seconds: float | None
    words: int | None


def interval_of(text: object) -> Interval:
    """Read an interval.

    Parameters
    ----------
    text : str
        A number with a unit: s, min, h, words, kwords, Mwords or Gwords.

    Raises
    ------
    ParameterTypeError, ParameterError
        If it is anything else, or 0.
    """
    if not isinstance(text, str):
        raise ParameterTypeError(EVERY, text, _ACCEPTED, unset=_UNSET)
    match = _FORM.fullmatch(text)
    number, unit = match.groups() if match else ("0", "")
    seconds = float(number) * _SECONDS.get(unit, 0)
    words = float(number) * _WORDS.get(unit, 0)
    if not 0 < seconds + words < math.inf:
        raise ParameterError(EVERY, text, _ACCEPTED, unset=_UNSET)
    return Interval(None, max(1, int(words))) if words else Interval(seconds, None)
