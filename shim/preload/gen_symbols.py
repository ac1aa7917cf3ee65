#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""symbols.tsv -> what is made of it.

gen_symbols.py map TSV OUT             version script: exactly the wrapped names leave the library
gen_symbols.py check TSV OUT OBJECT..  every wrapper has a row and every wrapped row a wrapper (else exit 1: the build fails)
gen_symbols.py exports TSV OUT         the same names, one a line
gen_symbols.py calls TSV OUT           C rows for tests/preload: X(symbol, operation, errno, call)
"""
import subprocess
import sys


def rows(path):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 5 or fields[1] not in ("wrap", "none") or not fields[4]:
                sys.exit(f"{path}:{number}: a row is symbol, wrap|none, operation, errno, call or reason")
            yield fields


def wrapped(path):
    names = [f[0] for f in rows(path) if f[1] == "wrap" or f[4].startswith("wrapped")]
    everything = [f[0] for f in rows(path)]
    twice = {n for n in everything if everything.count(n) > 1}
    if twice:
        sys.exit(f"{path}: twice: {' '.join(sorted(twice))}")
    return set(names)


def exported(objects):
    out = subprocess.run(["readelf", "-sW", *objects], check=True, capture_output=True, text=True).stdout
    fields = (line.split() for line in out.splitlines())
    return {f[7] for f in fields if len(f) >= 8 and f[3] == "FUNC" and f[4] == "GLOBAL" and f[5] == "DEFAULT" and f[6] != "UND"}


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(argv):
    what, table, out = argv[1:4]
    names = wrapped(table)
    if what == "map":
        write(out, "{\n  global:\n" + "".join(f"    {n};\n" for n in sorted(names)) + "  local: *;\n};\n")
    elif what == "exports":
        write(out, "".join(f"{n}\n" for n in sorted(names)))
    elif what == "check":
        have = exported(argv[4:])
        for name in sorted(have - names):
            print(f"{name}: has a wrapper and no row in symbols.tsv")
        for name in sorted(names - have):
            print(f"{name}: has a row in symbols.tsv and no wrapper")
        if have != names:
            sys.exit(1)
        write(out, f"{len(names)} symbols\n")
    else:
        write(out, "".join(f"X({s}, \"{op}\", {err}, {call})\n" for s, kind, op, err, call in rows(table) if kind == "wrap"))


if __name__ == "__main__":
    main(sys.argv)
