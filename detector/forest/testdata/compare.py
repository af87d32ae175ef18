#!/usr/bin/env python3
"""Times this package against scikit-learn's IsolationForest, in the same run.

One thread each, 4096 rows of 12 features, 100 trees of 256. The two take turns,
and the best of the turns counts, so that a neighbour on the machine disturbs
both or neither. Without scikit-learn the Go figures are printed alone.

Usage: compare.py [turns]   (default 3; a turn takes about five seconds)
"""

import os
import pathlib
import re
import subprocess
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

try:
    import numpy as np
    import sklearn
    from sklearn.ensemble import IsolationForest
except ImportError as missing:
    sklearn, absent = None, missing

ROWS, FEATURES = 4096, 12

# benchmark -> what it does, rows a call (0: a fit), scikit-learn's counterpart
BENCHMARKS = {
    "ScoreAll": ("score, float rows, batch", ROWS, "score"),
    "Score": ("score, float rows, one by one", 1, "score"),
    "ScoreRows": ("score, byte rows, batch", ROWS, "score"),
    "ScoreRow": ("score, byte rows, one by one", 1, "score"),
    "Fit": ("fit, float rows", 0, "fit"),
    "FitRows": ("fit, byte rows", 0, "fit"),
    "Refit": ("fit, byte rows, memory reused", 0, "fit"),
}


def time_sklearn(best):
    rows = np.random.default_rng(1).normal(size=(ROWS, FEATURES))
    start = time.perf_counter()
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=1, n_jobs=1).fit(rows)
    fitted = time.perf_counter()
    forest.score_samples(rows)
    scored = time.perf_counter()
    best["fit"] = min(best.get("fit", 1e9), fitted - start)
    best["score"] = min(best.get("score", 1e9), (scored - fitted) / ROWS)


def time_go(best):
    names = "|".join(BENCHMARKS)
    command = ["go", "test", "-run", "^$", "-bench", f"^Benchmark({names})$", "-benchtime", "5ms", "-count", "15", "."]
    env = dict(os.environ, GOMAXPROCS="1")
    done = subprocess.run(command, cwd=pathlib.Path(__file__).parent.parent, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"compare.py: {' '.join(command)}:\n{done.stdout}{done.stderr}")
    for name, ns in re.findall(r"^Benchmark(\w+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op", done.stdout, re.M):
        seconds = float(ns) / 1e9 / (BENCHMARKS[name][1] or 1)
        best[name] = min(best.get(name, 1e9), seconds)


def main():
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    best = {}
    for _ in range(turns):
        if sklearn:
            for _ in range(5):
                time_sklearn(best)
        time_go(best)

    print(f"Isolation forest: {ROWS} rows, {FEATURES} features, 100 trees of 256, one thread, best of {turns} turns")
    if not sklearn:
        print(f"scikit-learn is absent ({absent}): no comparison; on Debian, install python3-sklearn")
    else:
        print(f"against scikit-learn {sklearn.__version__}")
    print(f"\n{'':32}{'forest':>18}{'scikit-learn':>18}{'factor':>10}")
    for name, (what, rows, other) in BENCHMARKS.items():
        show = (lambda s: f"{1 / s:,.0f} rows/s") if rows else (lambda s: f"{s * 1e3:.2f} ms")
        theirs, factor = "absent", ""
        if sklearn:
            theirs, factor = show(best[other]), f"{best[other] / best[name]:.1f}x"
        print(f"{what:32}{show(best[name]):>18}{theirs:>18}{factor:>10}")


if __name__ == "__main__":
    main()
