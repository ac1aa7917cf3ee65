#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every row of shim/preload/symbols.tsv on a denied object, natively, in enforce and in audit.

enforce: refused with the row's errno, and exactly one event that says so; audit: as natively, and exactly one would_deny of the same
operation on the same object.

symbols.py --build DIR --table TSV [--only NAME] [--without-shim]
"""
import argparse
import os
import shutil
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "programs"))
from shim import Shim, events  # noqa: E402


def rows(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#") and line.strip():
                symbol, kind, op, errno, call = line.rstrip("\n").split("\t")
                if kind == "wrap":
                    yield symbol, op, errno


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class World:
    def __init__(self, options):
        build = Path(options.build)
        self.shim = Shim.absent(build) if options.without_shim else Shim(build)
        self.prog = build / "tests/preload/preload-prog"
        self.test = self.shim.stage(build / "tests/preload/preload-symbols") if not options.without_shim else build / "tests/preload/preload-symbols"
        self.warrant = self.shim.mint({"read_file": {"path": {"subpath": str(self.shim.dir / "in")}}})
        self.port = free_port()
        self.count = 0

    def scene(self):
        self.count += 1
        base = self.shim.dir / f"w{os.getpid()}-{self.count}"
        out = base / "out"
        (out / "dir").mkdir(parents=True)
        (out / "file").write_text("SECRET\n")
        shutil.copy(self.prog, out / "prog")
        self.shared = [Path(f"/dev/shm/tenuo-shm-{base.name}"), Path(f"/dev/shm/sem.tenuo-sem-{base.name}")]
        for path in self.shared:
            path.write_bytes(bytes(32))
        return base

    def done(self, base):
        for path in [*self.shared, Path(f"/dev/shm/tenuo-new-{base.name}"), Path(f"/dev/shm/sem.tenuo-new-{base.name}")]:
            path.unlink(missing_ok=True)
        shutil.rmtree(base)

    def call(self, symbol, mode):
        base = self.scene()
        log = self.shim.dir / "log.jsonl"
        log.unlink(missing_ok=True)
        env = self.shim.env() if mode is None else self.shim.preload_env(self.warrant, mode=mode, log=log)
        env["RES_OPTIONS"] = "timeout:1 attempts:1"
        line = f'exec 8<"{base}/out/file" 9<"{base}/out/prog"; exec "$@"'
        # the shell opens what only a descriptor names, outside the shim
        argv = ["/bin/sh", "-c", line, "sh", "/usr/bin/env", "-i", *[f"{k}={v}" for k, v in env.items()], str(self.test), symbol, str(base), str(self.port)]
        r = self.shim.call(argv, env=self.shim.env(), timeout=60)
        said = [w for w in r.stdout.decode().splitlines()]
        pid = next((int(w.split()[1]) for w in said if w.startswith("pid ")), None)
        result = " ".join(sorted(w.split(" ", 2)[2] if w.startswith("pid ") else w for w in said)) or f"exit {r.returncode}: {r.stderr.decode()[-300:]}"
        seen = [e for e in events(log) if e["type"] == "decision" and e["decision"] != "allow" and (pid is None or e["pid"] == pid)]
        self.done(base)
        return result, [(e["op"], e["object"].replace(base.name, "BASE"), e["decision"], e.get("errno")) for e in seen], r.stderr.decode()


def check(world, symbol, op, errno):
    native, _, _ = world.call(symbol, None)
    enforce, denied, said = world.call(symbol, "enforce")
    audit, would, _ = world.call(symbol, "audit")
    number = getattr(__import__("errno"), errno, 0)
    if enforce != f"refused {errno}":
        yield f"enforce answers {enforce!r}, the table says {errno}"
    if [d[0] for d in denied] != [op] or (denied and (denied[0][2] != "deny" or denied[0][3] != number)):
        yield f"enforce: not exactly one {op} event of {errno}: {denied}"
    if said.count("tenuo-shim: denied") != 1:
        yield f"enforce: not exactly one sentence: {said!r}"
    if native == f"refused {errno}":
        yield "natively refused too: the row proves nothing"
    if audit != native:
        yield f"audit: {audit!r}, natively {native!r}"
    if [w[2] for w in would] != ["would_deny"] or [w[:2] for w in would] != [d[:2] for d in denied]:
        yield f"audit's events are {would}, enforce's {denied}"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--table", required=True)
    p.add_argument("--only")
    p.add_argument("--without-shim", action="store_true")
    o = p.parse_args()
    world = World(o)
    bad = total = 0
    try:
        for symbol, op, errno in rows(o.table):
            if o.only and symbol not in o.only.split(","):
                continue
            total += 1
            problems = list(check(world, symbol, op, errno))
            bad += bool(problems)
            for problem in problems:
                print(f"not ok {symbol}: {problem}", flush=True)
    finally:
        world.shim.close()
    print(f"{total - bad} of {total} symbols hold")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())
