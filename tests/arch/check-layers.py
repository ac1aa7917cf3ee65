#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""core <- policy <- shim <- tools, one home per vendor header, the top level as named, an SPDX line in every file.

usage: check-layers.py SOURCE_ROOT
"""
import os
import re
import subprocess
import sys

# prefix of an #include -> lowest layer that may use it
LAYERS = ["core", "policy", "shim", "tools"]
OWNER = [
    (re.compile(r"^policy/"), "policy"),
    (re.compile(r"^shim/"), "shim"),
]
# vendor header -> files that may include it
HOMES = [
    (re.compile(r"^sodium"), re.compile(r"^core/crypto\.c$")),
    (re.compile(r"^(cjson/)?cJSON\.h$"), re.compile(r"^(policy/(json|caps|policy_compile)[a-z_]*\.c|tools/[a-z_]+\.[ch]|tests/.*)$")),
    (re.compile(r"^seccomp\.h$"), re.compile(r"^shim/|^tests/")),
    (re.compile(r"^linux/landlock\.h$"), re.compile(r"^shim/|^tests/")),
    (re.compile(r"^security/"), re.compile(r"^shim/pam/|^tests/")),
]
TOP = {"shim", "core", "policy", "tests", "tools", "docs", "meson.build", "README.md", "LICENSE"}
NO_SPDX = re.compile(r"(^LICENSE$|\.(md|json|jsonl|tsv|txt|hex|bin|pem|svg|in)$|^\.(gitignore|clang-format|clang-tidy)$|/corpus/)")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
# where it was made must not show in what is delivered
PRIVATE = re.compile(r"(/work/|/root/\.|/tmp/b-|wt-[a-z]+/)")


def tracked(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True).stdout.decode()
    return [name for name in out.split("\0") if name and os.path.isfile(os.path.join(root, name))]


def check_includes(name, text):
    layer = name.split("/", 1)[0]
    for header in INCLUDE.findall(text):
        for pattern, owner in OWNER:
            if layer in LAYERS and pattern.match(header) and LAYERS.index(owner) > LAYERS.index(layer):
                yield f"{name}: {layer} may not include <{header}> of {owner}"
        for pattern, home in HOMES:
            if pattern.match(header) and not home.match(name):
                yield f"{name}: <{header}> has one home, and this is not it"


def check_file(root, name):
    with open(os.path.join(root, name), "rb") as f:
        text = f.read().decode("utf-8", "replace")
    if name.endswith((".c", ".h")):
        yield from check_includes(name, text)
    if not NO_SPDX.search(name) and "SPDX-License-Identifier: Apache-2.0" not in text[:400]:
        yield f"{name}: no SPDX line"
    if name != "tests/arch/check-layers.py" and PRIVATE.search(text):
        yield f"{name}: names a path of one machine: {PRIVATE.search(text).group(0)}"


def main(root):
    names = tracked(root)
    problems = [p for name in names for p in check_file(root, name)]
    tops = {name.split("/", 1)[0] for name in names}
    problems += [f"{t}: not a top-level name of this project" for t in tops - TOP if not t.startswith(".")]
    problems += [f"{t}: missing at the top level" for t in TOP - tops]
    print("\n".join(problems) or f"{len(names)} files hold to the layers")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
