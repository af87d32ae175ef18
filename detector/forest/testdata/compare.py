#!/usr/bin/env python3
"""Prints what scikit-learn's IsolationForest takes for what the benchmarks of this
package do, for `make bench`: its version, seconds to fit, seconds to score a row.

One thread, 4096 rows of 12 features, 100 trees of 256. All rows are scored at
once, which suits it best. Time is the process's own and the best of some turns
counts, so that a neighbour on the machine disturbs little.
"""

import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

try:
    import numpy as np
    import sklearn
    from sklearn.ensemble import IsolationForest
except ImportError as missing:
    sys.exit(f"scikit-learn is absent ({missing}); on Debian, install python3-sklearn")

ROWS, FEATURES, TURNS = 4096, 12, 5


def main():
    # As bytesBlob in forest_test.go; float32 is what scikit-learn computes with.
    rows = np.abs(np.random.default_rng(1).normal(size=(ROWS, FEATURES))) * 8 * np.arange(FEATURES)
    rows = rows.clip(0, 255).astype(int).astype(np.float32)
    fit = score = float("inf")
    for _ in range(TURNS):
        start = time.process_time()
        forest = IsolationForest(n_estimators=100, max_samples=256, random_state=1, n_jobs=1).fit(rows)
        fitted = time.process_time()
        forest.score_samples(rows)
        scored = time.process_time()
        fit, score = min(fit, fitted - start), min(score, (scored - fitted) / ROWS)
    print(sklearn.__version__, fit, score)


if __name__ == "__main__":
    main()
