"""Correlation coefficients and their p-values, without SciPy."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_MAX_STEPS = 10_000  # of the continued fraction; about sqrt(max(a, b)) are needed
_PRECISION = 1e-15  # relative, of the continued fraction


class Correlation(NamedTuple):
    """A correlation coefficient and its two-sided p-value (nan if undefined)."""

    statistic: float
    pvalue: float

    @property
    def correlation(self) -> float:
        """The coefficient, under the name that SciPy's results have for gensim."""
        return self.statistic


def ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ranks from 1; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(sizes) - (sizes - 1) / 2
    return np.asarray(mean_ranks[group.reshape(-1)], np.float64)


def pearson(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Correlation:
    """Return Pearson's correlation; nan if one of the variables is constant."""
    dx, dy = x - x.mean(), y - y.mean()
    spread = math.sqrt(float(dx @ dx) * float(dy @ dy))
    if spread == 0:
        return Correlation(math.nan, math.nan)
    r = max(-1.0, min(1.0, float(dx @ dy) / spread))
    return Correlation(r, p_value(r, len(x) - 2))


def p_value(r: float, freedom: int) -> float:
    """Return the two-sided p-value of a correlation coefficient; nan if undefined.

    Twice the tail of Student's t, which is the regularised incomplete beta function
    I_x(freedom / 2, 1 / 2) at x = 1 - r^2.

    Parameters
    ----------
    r : float
        The coefficient.
    freedom : int
        Degrees of freedom: the number of pairs minus 2.
    """
    if freedom < 1:
        return math.nan
    a, b, x = freedom / 2, 0.5, (1 - r) * (1 + r)
    # The continued fraction converges fast for small x only; for larger x use
    # I_x(a, b) = 1 - I_1-x(b, a).
    if x < (a + 1) / (a + b + 2):
        return _incomplete_beta(a, b, x, 1 - x)
    return 1 - _incomplete_beta(b, a, r * r, x)


def _incomplete_beta(a: float, b: float, x: float, complement: float) -> float:
    """Return I_x(a, b) by its continued fraction, evaluated forwards.

    Parameters
    ----------
    complement : float
        1 - x.

    Notes
    -----
    NIST Digital Library of Mathematical Functions, 8.17.22; modified Lentz's method,
    ibid. 3.10(iii).
    """
    if x <= 0:
        return 0.0
    log_front = a * math.log(x) + b * math.log(complement) - math.log(a)
    log_front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    fraction, c, d = 1.0, 1.0, 0.0
    for step in range(1, _MAX_STEPS):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d)
        c = 1 + term / c
        fraction *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return math.exp(log_front) / fraction
