#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The library takes from libc exactly what is listed, and musl has each of it.  Weak ones may be missing anywhere.

imports.py LIBRARY ALLOWED.TXT
"""
import subprocess
import sys
from pathlib import Path

MUSL = ("/lib/ld-musl-x86_64.so.1", "/usr/lib/x86_64-linux-musl/libc.so")


def symbols(path, which):
    out = subprocess.run(["nm", "-D", which, path], check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in out.splitlines())
    return {(r[-2], r[-1].split("@")[0]) for r in rows if len(r) >= 2}


library, table = sys.argv[1:3]
taken = {name for kind, name in symbols(library, "--undefined-only") if kind == "U"}
rows = [line.split() for line in Path(table).read_text().splitlines() if line and not line.startswith("#")]
allowed = {row[0] for row in rows}
maybe = {row[0] for row in rows if row[1:2] == ["maybe"]}  # not every compiler needs it
wrong = [f"{n}: taken from libc and not listed" for n in sorted(taken - allowed)]
wrong += [f"{n}: listed and not taken" for n in sorted(allowed - taken - maybe)]
libcs = [p for p in MUSL if Path(p).exists()]
if not libcs:
    wrong.append("no musl here: install musl")
else:
    theirs = {name for _, name in symbols(libcs[0], "--defined-only")}
    wrong += [f"{n}: not in musl" for n in sorted(taken - theirs)]
print("\n".join(wrong + [f"{len(taken)} symbols, {len(wrong)} wrong"]))
sys.exit(1 if wrong else 0)
