"""Self-exciting waves whose truth is known: simulated Hawkes processes, counted by minute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Hawkes", "hawkes_counts"]

WARM_UP_MINUTES = 1500
MOST_DELAY_MINUTES = 480.0


@dataclass(frozen=True)
class Hawkes:
    """`background_per_min` posts come by themselves, and `spark` more within some minutes of minute 0.

    Each brings `branching` others, in the mean, after delays of `mean_delay_min`: exponential ones, or with `power_law`
    an exponent > 0 such that the share of delays longer than t falls as t ** -power_law (mean_delay_min is then
    the typical delay).
    """

    background_per_min: float
    branching: float
    mean_delay_min: float
    spark: int = 0
    power_law: float | None = None

    @property
    def usual_per_min(self) -> float:
        """What a long ordinary life brings by the minute, with all that it brings in turn."""
        return self.background_per_min / (1 - self.branching)


def hawkes_counts(process: Hawkes, *, minutes: int, seed: int) -> list[int]:
    """Counts of minutes 0 to `minutes`, of a process that has been going for a day.

    Generation by generation (Hawkes & Oakes, A cluster process representation of a self-exciting process, 1974).
    """
    rng = np.random.default_rng(seed)
    born = rng.poisson(process.background_per_min * (minutes + WARM_UP_MINUTES))
    generation = rng.uniform(-WARM_UP_MINUTES, minutes, born)
    if process.spark:
        generation = np.concatenate([generation, rng.exponential(rng.uniform(1, 20), process.spark)])
    counts = np.zeros(minutes, dtype=np.int64)
    while len(generation):
        generation = generation[generation < minutes]
        counts += np.bincount(generation[generation >= 0].astype(np.int64), minlength=minutes)
        parents = np.repeat(generation, rng.poisson(process.branching, len(generation)))
        if process.power_law is None:
            delays = rng.exponential(process.mean_delay_min, len(parents))
        else:
            delays = process.mean_delay_min * rng.pareto(process.power_law, len(parents))
            # No answer comes after eight hours: those come some time within them.
            late = delays > MOST_DELAY_MINUTES
            delays[late] = rng.uniform(0, MOST_DELAY_MINUTES, int(late.sum()))
        generation = parents + delays
    return [int(count) for count in counts]
