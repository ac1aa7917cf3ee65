#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""syscalls.tsv -> a C table.  Stops at a gap, a duplicate or a word it does not know: a number nobody thought about must not pass."""
import errno
import sys

CLASSES = {"landlock", "static", "notify-emulate", "notify-registers", "verify-at-exec", "free"}


def rows(path):
    for line in open(path, encoding="utf-8"):
        if line.startswith("#"):
            continue
        cells = line.rstrip("\n").split("\t")
        if len(cells) not in (5, 6):
            raise SystemExit(f"{path}: {line!r} has {len(cells)} cells")
        first, _, last = cells[0].partition("-")
        for nr in range(int(first), int(last or first) + 1):
            yield nr, *cells[1:5]


def action(nr, word):
    if word == "allow":
        return "0, TNS_RULE_NONE"
    if word.startswith("="):
        return "0, TNS_RULE_" + word[1:].upper()
    if not hasattr(errno, word):
        raise SystemExit(f"{nr}: no errno is called {word}")
    return f"{getattr(errno, word)}, TNS_RULE_NONE"


def main(path, out):
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */", "/* made from syscalls.tsv */"]
    for want, (nr, name, cls, level1, _since) in enumerate(rows(path)):
        if nr != want:
            raise SystemExit(f"{path}: expected number {want}, found {nr} ({name})")
        if cls not in CLASSES:
            raise SystemExit(f"{nr}: no class is called {cls}")
        lines.append(f'{{ "{name}", TNS_CLASS_{cls.upper().replace("-", "_")}, {action(nr, level1)} }}, /* {nr} */')
    open(out, "w", encoding="utf-8").write("\n".join(lines) + "\n")


main(*sys.argv[1:])
