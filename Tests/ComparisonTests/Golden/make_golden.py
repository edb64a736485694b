#!/usr/bin/env python3
"""Writes scipy.json: what SciPy says of seeded samples, for the tests of Sources/Comparison/Statistics.

With --check nothing is written; the exit code says whether the file is what this script makes. The
packages' versions are pinned in requirements.txt beside it.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy
import scipy
from scipy import stats

SEED = 20261121
FILE = Path(__file__).resolve().parent / "scipy.json"
# Digits that do not hang on the processor's vector unit.
DIGITS = 12
# Of the bootstrap distribution that SciPy draws, so many that its own error does not matter.
RESAMPLES = 100_000
# An end of an interval of 4000 replicates is a percentile with a standard error of 0.25 points: it has to
# lie within four of them of the one meant.
LOW_PERCENTILES = (1.5, 3.5)
HIGH_PERCENTILES = (96.5, 98.5)


def number(value):
    return float(f"{float(value):.{DIGITS}g}")


def numbers(values):
    return [number(value) for value in values]


def samples(generator, count, kind):
    """Times in nanoseconds: continuous, rounded so that many are equal, or with a heavy tail."""
    if kind == "tied":
        return numpy.round(generator.normal(10, 2, count))
    if kind == "heavy":
        return generator.lognormal(5, 1, count)
    return generator.normal(1000, 50, count)


def rank_sum_cases(generator):
    cases = []
    for sizes in ((1, 1), (1, 8), (3, 4), (6, 6), (8, 10), (10, 10), (14, 14), (7, 40), (50, 50)):
        for shift in (0, 30, 400):
            first, second = samples(generator, sizes[0], "normal"), samples(generator, sizes[1], "normal")
            cases.append((first, second + shift, "exact"))
    for sizes in ((6, 6), (10, 10), (14, 14), (30, 70), (300, 200)):
        for shift in (0, 1):
            first, second = samples(generator, sizes[0], "tied"), samples(generator, sizes[1], "tied")
            cases.append((first, second + shift, "asymptotic"))
    for sizes in ((51, 50), (400, 900), (1000, 1000)):
        for factor in (1, 1.05):
            first, second = samples(generator, sizes[0], "heavy"), samples(generator, sizes[1], "heavy")
            cases.append((first, second * factor, "asymptotic"))
    # Half of the values are zero on either side, as numbers of context switches may be.
    zeros = numpy.concatenate([numpy.zeros(10), samples(generator, 10, "normal")])
    cases.append((zeros, zeros[5:], "asymptotic"))
    return [{"first": numbers(first), "second": numbers(second), "method": method,
             "p": number(stats.mannwhitneyu(numbers(second), numbers(first), method=method).pvalue)}
            for first, second, method in cases]


def signed_rank_p(differences, method):
    if method == "exact":
        # All sign patterns, so that ties and zeros are exact as well.
        method = stats.PermutationMethod(n_resamples=numpy.inf)
        return stats.wilcoxon(differences, zero_method="pratt", method=method).pvalue
    return stats.wilcoxon(
        differences, zero_method="pratt", method=method, correction=True).pvalue


def signed_rank_cases(generator):
    cases = []
    for count in (2, 6, 8, 10, 13):
        for shift in (0, 0.02, 0.2):
            cases.append((generator.normal(shift, 0.05, count), "exact"))
    for count in (6, 8, 10, 13):
        for shift in (0, 1):
            # Whole numbers: ties and zeros.
            cases.append((numpy.round(generator.normal(shift, 2, count)), "exact"))
    for count in (51, 80, 500, 1000):
        for shift in (0, 0.01):
            cases.append((generator.normal(shift, 0.05, count), "approx"))
            cases.append((numpy.round(generator.normal(shift * 50, 3, count)), "approx"))
    return [{"differences": numbers(values), "method": method,
             "p": number(signed_rank_p(numbers(values), method))}
            for values, method in cases if numpy.any(values != 0)]


def untied_signed_rank_cases(generator):
    """Too many for all sign patterns; without ties and zeros SciPy has the exact distribution."""
    cases = [generator.normal(shift, 0.05, count) for count in (14, 20, 35, 50)
             for shift in (0, 0.03)]
    return [{"differences": numbers(values), "method": "exact",
             "p": number(stats.wilcoxon(numbers(values), method="exact").pvalue)}
            for values in cases]


def holm(p_values):
    """By the definition: step j of the sorted p-values is multiplied by m − j, and never falls."""
    adjusted = {}
    largest = 0
    remaining = dict(enumerate(p_values))
    while remaining:
        place = min(remaining, key=remaining.get)
        largest = max(largest, min(1, len(remaining) * remaining.pop(place)))
        adjusted[place] = largest
    return [adjusted[place] for place in range(len(p_values))]


def holm_cases(generator):
    cases = [[], [0.03], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.5], [1, 0, 1]]
    cases += [generator.beta(0.3, 2, count).tolist() for count in (2, 10, 48, 300)]
    return [{"p": numbers(case), "adjusted": numbers(holm(numbers(case)))} for case in cases]


def bootstrap_cases(generator):
    cases = []
    for sizes in ((6, 6), (7, 7), (10, 10), (10, 7), (31, 14), (100, 60)):
        for kind in ("normal", "heavy", "tied"):
            base, head = (numbers(samples(generator, size, kind)) for size in sizes)
            drawn = stats.bootstrap(
                (head, base), lambda head, base, axis: numpy.median(head, axis) / numpy.median(base, axis),
                n_resamples=RESAMPLES, batch=10_000, method="percentile", rng=generator)
            distribution = drawn.bootstrap_distribution
            cases.append({"base": base, "head": head,
                          "low": numbers(numpy.percentile(distribution, LOW_PERCENTILES)),
                          "high": numbers(numpy.percentile(distribution, HIGH_PERCENTILES))})
    return cases


def median_interval_ranks():
    """For each number of values the rank, from 1, of the interval's lower end; 0 if there is none."""
    ranks = []
    for count in range(1, 301):
        below = stats.binom.cdf(numpy.arange(count // 2), count, 0.5)
        ranks.append({"count": count, "rank": int(numpy.count_nonzero(2 * below <= 0.05))})
    return ranks


def golden():
    generator = numpy.random.default_rng(SEED)
    return {
        "scipy": scipy.__version__,
        "seed": SEED,
        "mann_whitney": rank_sum_cases(generator),
        "wilcoxon": signed_rank_cases(generator) + untied_signed_rank_cases(generator),
        "holm": holm_cases(generator),
        "bootstrap": bootstrap_cases(generator),
        "median_interval": median_interval_ranks(),
    }


def text(data):
    """A line a case, so that a difference can be read."""
    parts = []
    for name, value in data.items():
        if isinstance(value, list):
            lines = ",\n".join("  " + json.dumps(item) for item in value)
            parts.append(f'"{name}": [\n{lines}\n]')
        else:
            parts.append(f'"{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    arguments = parser.parse_args()
    made = text(golden())
    if not arguments.check:
        FILE.write_text(made, encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") == made:
        return 0
    print(f"{FILE.name} is not what {Path(__file__).name} makes; run it and read the difference",
          file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
