#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every name of known-symbols.txt has a row in symbols.tsv: wrapped, or with the reason why not.

known_symbols.py SYMBOLS.TSV KNOWN.TXT
"""
import sys


def first_words(path):
    with open(path, encoding="utf-8") as f:
        return {line.split()[0] for line in f if line.strip() and not line.startswith("#")}


rows, known = first_words(sys.argv[1]), first_words(sys.argv[2])
missing = sorted(known - rows)
for name in missing:
    print(f"{name}: no row in symbols.tsv")
print(f"{len(known)} names, {len(missing)} without a row")
sys.exit(1 if missing or len(known) < 200 else 0)
