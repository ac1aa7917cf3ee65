#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/ERRORS.md from core/include/tenuo/codes.h.

usage: errors.py          write it
       errors.py --check  exit 1 if it is not what the header says
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = os.path.join(ROOT, "core", "include", "tenuo", "codes.h")
PAGE = os.path.join(ROOT, "docs", "ERRORS.md")
ROW = re.compile(r'X\(\s*([A-Z_0-9]+)\s*,\s*(\d+)\s*,\s*"([^"]+)"\s*,\s*"([^"]+)"\s*\)')
HEAD = """# Errors and reasons

Every refusal and every denial has one of these numbers: in events (`code`), in `--json` output (`code`, `name`) and in
parentheses behind the sentence. 1000-2199 are the wire format's own numbers and names; 3000 and up are ours. A number is never used twice.

This page is written by `tools/dev/errors.py` from `core/include/tenuo/codes.h`.

| code | name | meaning |
|---|---|---|
"""


def rows():
    with open(HEADER, encoding="utf-8") as f:
        text = f.read()
    found = ROW.findall(text)
    if len(found) != len(re.findall(r"\bX\([A-Z]", text)):
        sys.exit(f"{HEADER}: a row that cannot be read")
    return found


def page():
    out = HEAD
    for _, number, name, sentence in sorted(rows(), key=lambda r: int(r[1])):
        out += f"| {number} | `{name}` | {sentence} |\n"
    return out


def main(args):
    if args not in ([], ["--check"]):
        sys.exit(__doc__)
    numbers = [r[1] for r in rows()]
    if len(set(numbers)) != len(numbers):
        sys.exit("a number is used twice")
    if not args:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(page())
        return 0
    with open(PAGE, encoding="utf-8") as f:
        if f.read() == page():
            return 0
    print("docs/ERRORS.md is not what codes.h says; run tools/dev/errors.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
