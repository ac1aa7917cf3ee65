#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Baseline and presets keep the rules of policy/data/README.md.  TAP."""
import json
import pathlib
import sys

DATA = pathlib.Path(sys.argv[1]) / "policy" / "data"
WRITES = {"write", "create", "delete", "mkdir", "metadata"}
SECRETS = ("shadow", "machine-id", "ssl/private", ".ssh", ".netrc", ".git-credentials", ".npmrc", "npmrc", ".pypirc", "pip.conf", ".aws",
           ".docker", ".kube", "credentials", "token", ".gnupg", "id_rsa", "id_ed25519")
# trees that commonly hold a credential: never as a whole
WIDE = {"/", "/etc", "/run", "/var", "/home", "/root", "/tmp", "/usr", "/dev", "$home", "$home/.config", "$home/.local", "$home/.npm", "$home/.cache"}
BASELINE = {
    "B0": "/lib /lib64 /usr/lib /usr/lib64 /usr/libexec /usr/share /usr/local/lib /usr/local/share /etc/ld.so.cache /etc/ld.so.preload $interp",
    "B1": "/etc/nsswitch.conf /etc/passwd /etc/group /etc/hosts /etc/host.conf /etc/resolv.conf /etc/gai.conf /etc/services /etc/protocols "
          "/etc/localtime /etc/timezone /etc/locale.alias /etc/gitconfig /etc/ssl/openssl.cnf /etc/ssl/certs /etc/alternatives /etc/terminfo "
          "/usr/share/ca-certificates",
    "B2": "/dev/null /dev/zero /dev/full /dev/tty $tty /dev/random /dev/urandom /proc /sys/fs/cgroup /sys/devices/system/cpu "
          "/sys/kernel/mm/transparent_hugepage",
    "B3": "$program $chain $script $app",
    "B4": "$tmpdir $library $session",
    "--app": "$app_exec",
    "--cwd": "$cwd",
}
number = 0
failed = 0


def check(name, problems):
    global number, failed
    number += 1
    failed += bool(problems)
    for p in problems:
        print("#", p)
    print("not ok" if problems else "ok", number, "-", name)


def problems_of(row):
    paths = row.get("file", []) + row.get("tree", [])
    if ("file" in row) == ("tree" in row) or not paths or not row.get("rights"):
        yield f"{row}: not exactly one of file and tree, or empty"
    for path in paths:
        if any(s in path for s in SECRETS):
            yield f"{path} may hold a credential"
        if path in WIDE or (path == "$home"):
            yield f"{path} is a tree of everybody's things"
        if not path.startswith(("/", "$")) or "//" in path or "/../" in path + "/":
            yield f"{path} is not a plain path"
    if "exec" in row["rights"] and WRITES & set(row["rights"]):
        yield f"{paths}: what may be written may be executed"


def rows(name):
    return json.loads((DATA / name).read_text())["rows"]


def rights_of(path):
    return {r for row in rows("baseline.json") if path in row.get("file", []) + row.get("tree", []) for r in row["rights"]}


files = ["baseline.json"] + [f"presets/{p.name}" for p in sorted((DATA / "presets").glob("*.json"))]
print(f"1..{len(files) + 4}")
for f in files:
    check(f"{f} keeps the rules", [p for row in rows(f) for p in problems_of(row)])
found = {}
for row in rows("baseline.json"):
    found.setdefault(row["row"], set()).update(row.get("file", []) + row.get("tree", []))
check("the baseline is the design's, no more and no less",
      [f"{k}: {sorted(found.get(k, set()) ^ set(v.split()))}" for k, v in BASELINE.items() if found.get(k) != set(v.split())]
      + [f"{k}: a class nobody knows" for k in found.keys() - BASELINE.keys()])
check("only the terminal, harmless devices and the private directory are written",
      [f"{p}" for row in rows("baseline.json") if WRITES & set(row["rights"]) for p in row.get("file", []) + row.get("tree", [])
       if p not in ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "$tty", "$tmpdir")])
check("only the program and --app are executed, a loader never is",
      [p for row in rows("baseline.json") if "exec" in row["rights"] for p in row.get("file", []) + row.get("tree", [])
       if p not in ("$program", "$chain", "$app_exec")] + ([] if rights_of("$interp") == {"read", "interp"} else ["$interp"]))
bad = {"rights": ["exec", "write"], "file": ["$home/.ssh/id_rsa"], "tree": ["$home"]}
check("a bad row is noticed", [] if len(list(problems_of(bad))) == 4 else [str(list(problems_of(bad)))])
sys.exit(failed != 0)
