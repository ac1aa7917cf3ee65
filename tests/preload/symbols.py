#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs symtest natively, then under a warrant that grants something else: with LD_PRELOAD alone and at level 1.

enforce: every call fails with its row's errno and leaves exactly one event, a denial of its row's operation
audit:   every call ends as natively and leaves exactly one event, a would_deny of the same operation

symbols.py --build DIR [--how preload|level1] [--user NAME] [--without-shim]
"""
import argparse
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "programs"))
from shim import Shim, events  # noqa: E402


class Row:
    def __init__(self, line):
        self.symbol, self.operation, self.err, pid, self.end, self.seen = line.split("\t")
        self.pid = int(pid)

    def ended(self):
        return self.end + (" " + self.seen if self.seen != "-" else "")


class Symbols:
    def __init__(self, options):
        self.shim = Shim.absent(options.build, options.user) if options.without_shim else Shim(options.build, options.user)
        self.program = self.shim.stage(Path(options.build) / "tests/preload/symtest")
        self.objects, self.granted, self.log = self.shim.dir / "objects", self.shim.dir / "granted", self.shim.dir / "log.jsonl"
        self.granted.mkdir()
        # an address and a port that nothing here uses: without any, level 1 has no sockets at all
        self.warrant = self.shim.mint({"read_file": {"path": {"subpath": str(self.granted)}}, "connect": {"ip": {"exact": "192.0.2.1"}},
                                       "listen": {"port": {"exact": 1}}})
        self.names = []
        self.wrong = []

    def fresh(self):
        shutil.rmtree(self.objects, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        self.clear_shm()
        for name in self.names:
            home = self.objects / name
            (home / "d").mkdir(parents=True)
            (home / "f").write_text("not a library\n")
            shutil.copy("/bin/true", home / "p")
            for prefix in ("", "sem."):
                there = Path(f"/dev/shm/{prefix}tns-symtest-{name}")
                there.write_text("")
                self.shim.give(there)
        if self.names:
            for p in (self.objects, *self.objects.rglob("*")):
                self.shim.give(p)

    def clear_shm(self):
        for p in Path("/dev/shm").glob("*tns-symtest-*"):
            p.unlink()

    def run(self, how, mode):
        self.fresh()
        argv, env = [self.program, self.objects], self.shim.env()
        if how == "preload":
            env = self.shim.preload_env(self.warrant, mode, self.log)
        elif how == "level1":
            argv = self.shim.run_argv(argv, self.warrant, mode, level=1 if mode == "enforce" else None, log=self.log)
        env["RES_OPTIONS"] = "timeout:1 attempts:1"
        done = self.shim.call(argv, env=env, cwd="/", capless=how != "level1")
        if done.returncode != 0:
            self.wrong.append(f"{how} {mode}: exit {done.returncode} {done.stderr.decode()[-500:]}")
        return {r.symbol: r for r in map(Row, done.stdout.decode().splitlines())}, done.stderr.decode().count("tenuo-shim: denied")

    def recorded(self, rows):
        """Events of the calling process itself: what a shell that was let through does is its own business."""
        by_pid, objects = defaultdict(list), {}
        for e in events(self.log):
            if e["type"] == "decision":
                by_pid[e["pid"]].append((e["decision"], e["op"]))
                objects[e["pid"]] = (e["object"], e.get("object2"))
        return {r.symbol: by_pid[r.pid] for r in rows.values()}, {r.symbol: objects.get(r.pid) for r in rows.values()}

    def expect(self, what, want, seen):
        if want != seen:
            self.wrong.append(f"{what}: expected {want}, seen {seen}")

    def one(self, how, mode, native, seen, record, wanted):
        """wanted(row) -> how the call ends; then exactly one event of the row's operation."""
        for name, r in native.items():
            if name not in seen:
                self.wrong.append(f"{how} {mode} {name}: was not reached")
                continue
            self.expect(f"{how} {mode} {name}", wanted(r), seen[name].ended())
            outcome = "deny" if mode == "enforce" else "would_deny"
            self.expect(f"{how} {mode} {name}: events", [(outcome, r.operation)], record[name])

    def check(self, how, native):
        enforced, sentences = self.run(how, "enforce")
        record, objects = self.recorded(enforced)
        self.one(how, "enforce", native, enforced, record, lambda r: "failed " + r.err)
        # one per distinct denial: of a process, or of the session where there is a logger that knows
        distinct = {(native[n].operation, objects[n]) for n in native}
        self.expect(f"{how} enforce: sentences", len(native) if how == "preload" else len(distinct), sentences)
        audited, sentences = self.run(how, "audit")
        record, same = self.recorded(audited)
        self.one(how, "audit", native, audited, record, Row.ended)
        self.expect(f"{how} audit: sentences", 0, sentences)
        for name in native:
            self.expect(f"{how} {name}: audit's object", objects[name], same[name])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True)
    p.add_argument("--how", choices=("preload", "level1"), default="preload")
    p.add_argument("--user")
    p.add_argument("--without-shim", action="store_true")
    options = p.parse_args()
    if options.user and os.getuid() != 0:
        print("only root can run this as another user")
        return 77
    test = Symbols(options)
    try:
        calls = (Path(options.build) / "tests/preload/symbol-calls.h").read_text().splitlines()
        test.names = [line.split('"')[0][2:-2] for line in calls]
        native, _ = test.run("native", "enforce")
        if set(native) != set(test.names):
            test.wrong.append("native: not every symbol was reached")
        test.wrong += [f"{r.symbol}: refused natively too, proves nothing" for r in native.values() if r.ended() == "failed " + r.err]
        if options.how == "level1":  # a descriptor of what is denied cannot be had there: the kernel refuses the open behind it
            native = {n: r for n, r in native.items() if not any(line.startswith(f"X({n},") and "(FD," in line for line in calls)}
        test.check(options.how, native)
        for line in test.wrong:
            print(line)
        print(f"{len(native)} symbols, {options.how}: {len(test.wrong)} wrong")
        return 1 if test.wrong or len(native) < 100 else 0
    finally:
        test.clear_shm()
        test.shim.close()


if __name__ == "__main__":
    sys.exit(main())
