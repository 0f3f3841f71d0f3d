"""Writes scipy.jsonl: generated differences, and what scipy and statsmodels say of them.

    pip install scipy==1.17.1 statsmodels==0.15.0 numpy
    python make_scipy.py > scipy.jsonl

A line is one case: `t` (ttest_rel), `exact` (permutation_test over all sign flips), `drawn`
(permutation_test with 200,000 flips), `bootstrap` (percentile, 100,000 resamples), `holm`
(multipletests) or `cipher`, the first word of ChaCha8 as RFC 8439 describes ChaCha, with 8 rounds
and a 64-bit counter.
"""

import json
import struct

import numpy
from scipy import stats
from statsmodels.stats.multitest import multipletests


def differences(rng, number, size):
    """Returns differences of metric values: of grids with ties and zeros, or of any values."""
    if number % 3 == 0:
        values = rng.integers(-4, 6, size) / 8
    elif number % 3 == 1:
        values = rng.normal(0.02, 0.1, size)
    else:
        values = numpy.where(rng.random(size) < 0.5, 0.0, rng.uniform(-0.3, 0.5, size))
    values = numpy.round(values, 4) + 0.0
    if not values.any():
        values[0] = 0.5
    return values


def mean(sample, axis=-1):
    return numpy.mean(sample, axis=axis)


def permutation(values, resamples, rng):
    # Of one sample, permutation_type="samples" flips signs.
    test = stats.permutation_test(
        (values,), mean, permutation_type="samples", n_resamples=resamples, vectorized=True, rng=rng
    )
    return float(test.pvalue)


def chacha8(key, stream):
    """Returns the first 64 bits of the stream, as a number."""
    words = list(struct.unpack("<4I", b"expand 32-byte k"))
    words += struct.unpack("<8I", key) + (0, 0) + struct.unpack("<2I", struct.pack("<Q", stream))
    state = list(words)

    def quarter(a, b, c, d):
        for into, other, turned, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[into] = (state[into] + state[other]) & 0xFFFFFFFF
            mixed = state[turned] ^ state[into]
            state[turned] = (mixed << by | mixed >> (32 - by)) & 0xFFFFFFFF

    for _ in range(4):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            a, b, c, d = column, (column + 1) % 4, (column + 2) % 4, (column + 3) % 4
            quarter(a, 4 + b, 8 + c, 12 + d)
    low, high = ((state[n] + words[n]) & 0xFFFFFFFF for n in (0, 1))
    return high << 32 | low


def write(kind, **case):
    print(json.dumps({"kind": kind, **case}, separators=(",", ":")))


def main():
    rng = numpy.random.default_rng(20)
    for number, size in enumerate([2, 2, 3, 4, 5, 7, 10, 10, 20, 30, 30, 50, 78, 150, 300] * 2):
        values = differences(rng, number, size)
        if numpy.ptp(values) == 0:
            continue
        test = stats.ttest_rel(values, numpy.zeros(size))
        write("t", values=values.tolist(), t=float(test.statistic), p=float(test.pvalue))
    far = numpy.round(rng.normal(0.5, 0.05, 40), 4)
    test = stats.ttest_rel(far, numpy.zeros(40))
    write("t", values=far.tolist(), t=float(test.statistic), p=float(test.pvalue))

    for number, size in enumerate([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] * 3):
        values = differences(rng, number, size)
        write("exact", values=values.tolist(), p=permutation(values, numpy.inf, rng))

    for number, size in enumerate([15, 20, 30, 50, 78, 100, 300] * 2):
        values = differences(rng, number + 1, size)
        if numpy.count_nonzero(values) > 13:
            write("drawn", values=values.tolist(), p=permutation(values, 200_000 - 1, rng))

    for number, size in enumerate([2, 5, 10, 30, 78, 200]):
        values = differences(rng, number, size)
        for level in (0.95, 0.8):
            found = stats.bootstrap(
                (values,), mean, method="percentile", n_resamples=100_000, batch=10_000,
                confidence_level=level, vectorized=True, rng=rng,
            )
            low, high = (float(end) for end in found.confidence_interval)
            write("bootstrap", values=values.tolist(), level=level, low=low, high=high)

    for size in (1, 2, 3, 5, 12, 30):
        for top in (1.0, 0.1):
            p_values = numpy.round(rng.uniform(0, top, size), 4)
            if size > 3:
                p_values[2] = p_values[0]
            adjusted = multipletests(p_values, method="holm")[1]
            write("holm", values=p_values.tolist(), adjusted=adjusted.tolist())

    for seed in (0, 1, 2**64 - 1):
        for stream in (1, 2):
            key = struct.pack("<Q", seed) + bytes(24)
            write("cipher", seed=str(seed), stream=stream, word=str(chacha8(key, stream)))


if __name__ == "__main__":
    main()
