# SPDX-License-Identifier: MIT
"""Medians, quartiles, ratios, and how sure a ratio is."""

import random
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Ratio:
    """Of two medians, with the interval that holds it in 95 of 100 resamplings."""

    value: float
    low: float
    high: float


def quartiles(times):
    """The first and the third; of a single time, that."""
    if len(times) < 2:
        return times[0], times[0]
    first, _, third = quantiles(times, n=4, method="inclusive")
    return first, third


def ratio(times, others, resamplings=2000):
    """How many times as long `times` are as `others`. Gives the same answer for the same times."""
    chance = random.Random(1)
    resampled = sorted(
        median(chance.choices(times, k=len(times))) / median(chance.choices(others, k=len(others)))
        for _ in range(resamplings)
    )
    return Ratio(
        median(times) / median(others),
        resampled[resamplings * 25 // 1000],
        resampled[resamplings * 975 // 1000 - 1],
    )
