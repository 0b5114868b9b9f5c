# SPDX-License-Identifier: MIT
"""Medians, quartiles, ratios and their intervals."""

import random
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Ratio:
    """A ratio of medians, with the interval that holds it in 95 of 100 resamplings."""

    value: float
    low: float
    high: float


def quartiles(times):
    """The first and the third quartile; both are the time itself if there is only one."""
    if len(times) < 2:
        return times[0], times[0]
    first, _, third = quantiles(times, n=4, method="inclusive")
    return first, third


def ratio(times, others, resamplings=2000):
    """The ratio of the medians of `times` and `others`. The same input gives the same result."""
    generator = random.Random(1)
    resampled = sorted(
        median(generator.choices(times, k=len(times)))
        / median(generator.choices(others, k=len(others)))
        for _ in range(resamplings)
    )
    return Ratio(
        median(times) / median(others),
        resampled[resamplings * 25 // 1000],
        resampled[resamplings * 975 // 1000 - 1],
    )
