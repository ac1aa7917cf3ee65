#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The forged chains of tests/conformance/forged.py before both verifiers: ours refuses, the package's answer is recorded in
the row.  If a new version closes a gap, this says so."""
import sys
import time

import upstream
from forge import Forge, seed
from forged import ROWS, check
from wire import Helper


def leaf_seed(stack):
    return seed(stack[0] & 31)  # links in the stack's head = index of the last holder


def main():
    f = Forge(Helper(sys.argv[1]), int(time.time()))
    failed = 0
    print(f"{'hole':4} {'upstream':9} {'ours':9} row")
    for row in ROWS:
        verdict, problems = check(row, f)
        bad, twin = row.bad(f), row.twin(f)
        gate = row.hole == 5
        ours = "refuses" if verdict.startswith("err") else "ACCEPTS"
        # A gate that fires asks for an approval: what counts there is whether the chain verifies.
        ok, why = (upstream.verifies(bad, f.pub(0)) if gate else
                   upstream.accepts(bad, f.pub(0), leaf_seed(bad), *row.probe))
        theirs = "accepts" if ok else "refuses"
        if theirs != row.upstream:
            problems.append(f"the package {theirs} it, the row says {row.upstream}: {why}")
        ok, why = upstream.accepts(twin, f.pub(0), leaf_seed(twin), *row.twin_probe)
        if not ok:
            problems.append(f"the package refuses the twin: {why}")
        print(f"{row.hole:4} {theirs:9} {ours:9} {row.name}")
        for p in problems:
            print(f"     {p}")
        failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
