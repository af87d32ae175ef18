#!/usr/bin/env python3
"""Writes golden.json: seeded data sets of bytes and scikit-learn's scores of them.

Run by hand where numpy and scikit-learn are installed (Debian: python3-sklearn).
TestGolden holds the Go forest against the file.

Scores are those of the paper, -score_samples, of ten forests of 100 trees
averaged: what is left of the trees' randomness in them is small, and the test
sees the randomness of the Go forest alone.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest


def blobs(r):
    """Three clusters; one row in twenty far from all of them."""
    centres = np.array([[0, 0, 0, 0], [6, 6, 0, 0], [0, 6, 6, -4]])
    rows = centres[r.integers(3, size=600)] + r.normal(size=(600, 4))
    labels = np.zeros(600, int)
    labels[:30] = 1
    rows[:30] = r.uniform(-12, 16, size=(30, 4))
    return rows, labels


def correlated(r):
    """Six mixtures of three hidden numbers."""
    return r.normal(size=(500, 3)) @ r.normal(size=(3, 6)) + 0.1 * r.normal(size=(500, 6)), None


def heavy(r):
    """Student's t with 1.5 degrees of freedom: no variance, values far out, many at both ends of the range."""
    return r.standard_t(1.5, size=(500, 5)), None


def counts(r):
    """Small whole numbers, most of them 0; one row in twenty-five counts more."""
    rows = r.poisson([0.05, 0.1, 0.3, 0.5, 1, 2, 4, 8], size=(600, 8))
    labels = np.zeros(600, int)
    labels[:24] = 1
    rows[:24] += r.poisson(3, size=(24, 8))
    return rows, labels


def needle(r):
    """Twelve features, of which one tells: rows far out in the fifth."""
    rows = r.normal(size=(600, 12))
    labels = np.zeros(600, int)
    labels[:20] = 1
    rows[:20, 4] += 9
    return rows, labels


def to_bytes(rows):
    """The middle 98 % of each feature onto 16 to 239; what lies outside keeps its distance, up to the ends."""
    low, high = np.percentile(rows, [1, 99], axis=0)
    return (16 + 223 * (rows - low) / (high - low)).round().clip(0, 255).astype(int)


def score(rows):
    forests = (IsolationForest(n_estimators=100, max_samples=256, random_state=i).fit(rows) for i in range(10))
    return np.mean([-f.score_samples(rows) for f in forests], axis=0)


def main():
    sets = []
    for seed, make in enumerate((blobs, correlated, heavy, counts, needle), 1):
        rows, labels = make(np.random.default_rng(seed))
        if rows.dtype == float:
            rows = to_bytes(rows)
        sets.append({
            "name": make.__name__,
            "about": " ".join(make.__doc__.split()),
            "features": rows.shape[1],
            "values": rows.ravel().tolist(),
            "scores": score(rows).round(5).tolist(),
            "labels": "".join(map(str, labels)) if labels is not None else "",
        })
    golden = {"made_by": "golden.py", "scikit_learn": sklearn.__version__, "sets": sets}
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size // 1024} KB, scikit-learn {sklearn.__version__}")


if __name__ == "__main__":
    main()
