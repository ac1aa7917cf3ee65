#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints one table over meson's test logs: a row per build and suite, its time beside its budget, and the closing line.

usage: summary.py --started UNIX LABEL=TESTLOG.json ...
Exit 1 if a test failed, no test ran, or (CI=true) one was skipped.  A suite over its budget is marked, not failed: machines differ.
"""
import json
import os
import sys
import time

BUDGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "budgets.tsv")


def read_budgets():
    with open(BUDGETS, encoding="utf-8") as rows:
        pairs = [line.split("\t") for line in rows if line.strip() and not line.startswith("#")]
    return {suite: int(seconds) for suite, seconds in pairs}


def suite_of(test):
    """meson names a test `project:suite / test`, with `+` between suites."""
    suites = test["name"].partition(" / ")[0].partition(":")[2].split("+")
    return next((s for s in suites if s and s != "long"), "-")


def read_log(label, path, rows, bad):
    try:
        log = open(path, encoding="utf-8")
    except OSError:
        bad.append((label, "no tests ran", "ERROR"))
        return
    with log:
        for line in log:
            test = json.loads(line)
            row = rows.setdefault((label, suite_of(test)), {"ok": 0, "fail": 0, "skip": 0, "time": 0.0})
            kind = {"OK": "ok", "EXPECTEDFAIL": "ok", "SKIP": "skip"}.get(test["result"], "fail")
            row[kind] += 1
            row["time"] += test["duration"]
            if kind != "ok":
                bad.append((label, test["name"], test["result"]))


def main(argv):
    started = int(argv[argv.index("--started") + 1])
    logs = [a.split("=", 1) for a in argv if "=" in a]
    budgets, rows, bad = read_budgets(), {}, []
    for label, path in logs:
        read_log(label, path, rows, bad)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def paint(code, text):
        return f"\033[{code}m{text}\033[0m" if code and colour else text

    print(f"\n{'build':<12}{'suite':<14}{'passed':>7}{'failed':>7}{'skipped':>8}{'seconds':>9}{'budget':>8}")
    for (label, suite), r in sorted(rows.items()):
        budget = budgets.get(suite)
        over = budget is not None and r["time"] > budget
        text = (f"{label:<12}{suite:<14}{r['ok']:>7}{r['fail']:>7}{r['skip']:>8}{r['time']:>9.1f}"
                f"{budget if budget is not None else '-':>8}{'  over budget' if over else ''}")
        print(paint("31" if r["fail"] else "33" if r["skip"] or over else "32", text))
    for label, name, result in bad:
        print(f"{label}: {name}: {result}")
    total = {k: sum(r[k] for r in rows.values()) for k in ("ok", "fail", "skip")}
    strict = os.environ.get("CI") == "true"
    failed = total["fail"] + (total["skip"] if strict else 0) + sum(1 for b in bad if b[2] == "ERROR")
    print(f"total {time.time() - started:.0f} s of 1200")
    print(f"{total['ok']} passed, {failed} failed" + (f", {total['skip']} skipped" if total["skip"] and not strict else ""))
    return 1 if failed or not total["ok"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
