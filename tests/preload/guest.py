#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The library as a guest (guest.c): what it needs of its host's stack, what it does when everything happens at once, what a
child gets, how it refuses to start.  LD_PRELOAD alone.

guest.py --build DIR [--only NAME] [--user NAME]
"""
import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "programs"))
from shim import Shim, events  # noqa: E402

SENTENCE = "tenuo-shim: not started: "
WAY_OUT = "set TENUO_WARRANT and TENUO_TRUSTED_ROOTS, or TENUO_MODE=audit to watch only"
STACK_BUDGET = 6144  # of ours, over what the same call needs natively
TESTS = []


def test(f):
    TESTS.append(f)
    return f


class World:
    def __init__(self, options):
        self.build = Path(options.build)
        self.shim = Shim(options.build, options.user)
        self.guest = self.shim.stage(self.build / "tests/preload/guest")
        self.inside, self.outside, self.log = (self.shim.dir / n for n in ("in", "out", "log.jsonl"))
        self.wrong = []
        self.fresh()
        self.warrant = self.tight()

    def tight(self, ttl="10m"):
        w = {"path": {"subpath": str(self.inside)}}
        readable = {"path": {"any": [{"subpath": str(self.inside)}, {"exact": str(self.outside / "file-readable")}]}}
        run = {"program": {"one_of": [str(self.guest), "/usr/bin/dash"]}}
        return self.shim.mint({"read_file": readable, "connect": {"host": {"pattern": "2130*"}}, "write_file": w, "delete_file": w, "list_directory": w, "run_command": run}, ttl)

    def fresh(self):
        for d in (self.inside, self.outside):
            shutil.rmtree(d, ignore_errors=True)
            d.mkdir()
            (d / "file").write_text("some text\n")
            shutil.copy("/bin/true", d / "prog")
        (self.outside / "file-readable").write_text("read only\n")
        twin = self.outside / str(self.inside / "file")[1:]  # what IN_ROOT makes of the granted name
        twin.parent.mkdir(parents=True)
        twin.write_text("some text\n")
        for d in (self.inside, self.outside):
            for p in (d, *d.iterdir()):
                self.shim.give(p)
        self.log.unlink(missing_ok=True)

    def run(self, what, mode=None, program=None, log=True, **env):
        """mode None: natively.  A variable that is None is taken out."""
        self.fresh()
        full = self.shim.env() if mode is None else self.shim.preload_env(self.warrant, mode, self.log if log else None)
        full = {k: v for k, v in {**full, **env}.items() if v is not None}
        done = self.shim.call([program or self.guest, what, self.inside, self.outside], env=full, cwd="/")
        return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode()

    def expect(self, what, want, seen, more=""):
        if want != seen:
            self.wrong.append(f"{what}: expected {want!r}, seen {seen!r} {more[-300:]}")

    def refused(self, what, mode="enforce", reason="", way_out=True, **env):
        code, out, err = self.run("simple", mode, **env)
        self.expect(f"{what}: exit", 126, code, err)
        self.expect(f"{what}: output", [], out)
        lines = [line for line in err.splitlines() if not line.startswith("tenuo-shim compile-policy: ")]
        self.expect(f"{what}: one sentence", (1, True), (len(lines), err.splitlines()[-1].startswith(SENTENCE) and reason in lines[0]), err)
        if way_out:
            self.expect(f"{what}: the way out", True, err.rstrip().endswith(WAY_OUT), err)

    def runs(self, what, mode, said=1, **env):
        code, out, err = self.run("simple", mode, **env)
        self.expect(f"{what}, {mode}", (0, ["in: ok", "out: ok"]), (code, out), err)
        self.expect(f"{what}, {mode}: said", said, sum(" judges by the baseline alone" in line for line in err.splitlines()), err)


# ---------------------------------------------------------------- the host's stack
@test
def stack_use(w):
    native, ours = (dict(line.split(": ") for line in w.run("stack", mode)[1]) for mode in (None, "enforce"))
    w.expect("stack: calls", list(native), list(ours))
    for name in native:
        more = int(ours.get(name, 0)) - int(native[name])
        if more > STACK_BUDGET:
            w.wrong.append(f"stack: {name} needs {more} bytes more than natively")


@test
def tiny_stacks(w):
    native, ours = w.run("tiny"), w.run("tiny", "enforce")
    w.expect("threads of 16 KiB natively", (0, True), (native[0], len(native[1]) > 10))
    w.expect("threads of 16 KiB", native[1], ours[1], ours[2])


# ---------------------------------------------------------------- everything at once
@test
def hammer(w):
    for what in ("first", "hammer"):
        code, out, err = w.run(what, "enforce")
        w.expect(what, (0, ["wrong: 0"]), (code, out), err)
        whole = events(w.log)  # raises if a line is not whole
        w.expect(f"{what}: denials of the file", True, sum(e.get("object") == str(w.outside / "file") for e in whole) > 0)
        w.expect(f"{what}: sequence numbers", True, all(e["session"] == whole[0]["session"] for e in whole))


# ---------------------------------------------------------------- children
@test
def environments(w):
    native, ours = w.run("environments"), w.run("environments", "enforce")
    w.expect("environments natively", {"1"}, {line.split(": ")[1] for line in native[1]}, native[2])
    w.expect("environments", [line.replace(": 1", ": 0") for line in native[1]], ours[1], ours[2])


@test
def lookalike(w):
    """LD_PRELOAD that only looks like ours."""
    code, out, err = w.run("lookalike", "enforce")
    w.expect("look-alikes", (0, {"0"}), (code, {line.split(": ")[1] for line in out}), err)


@test
def foreign_preload_stays(w):
    other = w.build / "tests/preload/libother.so"
    code, out, err = w.run("other", "enforce", LD_PRELOAD=f"{w.shim.library}:{other}")
    w.expect("another preload, ours first", (0, ["self: other", "child: other"]), (code, out), err)
    code, out, err = w.run("other", "enforce", LD_PRELOAD=f"{other} {w.shim.library}")
    w.expect("another preload, ours last", (0, ["self: other", "child: other"]), (code, out), err)


@test
def spawn_in_directory(w):
    native, ours = w.run("spawn-chdir"), w.run("spawn-chdir", "enforce")
    w.expect("posix_spawn after a chdir action, natively", ["relative program: 0", "relative file: 0"], native[1], native[2])
    w.expect("posix_spawn after a chdir action", ["relative program: EACCES", "relative file: EACCES"], ours[1], ours[2])
    w.expect("its events", {("exec", str(w.outside / "prog")), ("read", str(w.outside / "file"))},
             {(e["op"], e["object"].split(" ")[0]) for e in events(w.log) if e.get("decision") == "deny"})


# ---------------------------------------------------------------- addresses and streams
@test
def names(w):
    w.expect("1,500 names natively", (0, ["wrong: 0", "never asked for: ECONNREFUSED"]), w.run("names")[:2])
    code, out, err = w.run("names", "enforce")
    w.expect("1,500 names", (0, ["wrong: 0", "never asked for: EACCES"]), (code, out), err)


@test
def without_family(w):
    calls = ("sendto", "sendmsg", "sendmmsg", "bind")
    w.expect("no family, natively", [f"{c}: ok" for c in (*calls, "dissolve")], w.run("no-family")[1])
    code, out, err = w.run("no-family", "enforce")
    w.expect("no family", [*(f"{c}: EACCES" for c in calls), "dissolve: ok"], out, err)


@test
def another_root(w):
    w.expect("openat2, natively", ["in root: ok", "nowhere: EFAULT", "allowed: ok", "denied: ok"], w.run("in-root")[1])
    code, out, err = w.run("in-root", "enforce")
    w.expect("openat2", ["in root: ENOSYS", "nowhere: EFAULT", "allowed: ok", "denied: EACCES"], out, err)


@test
def reopened_streams(w):
    w.expect("freopen without a name, natively", ["fopen: ok", "again: ok", "for writing: ok"], w.run("reopen")[1])
    code, out, err = w.run("reopen", "enforce")
    w.expect("freopen without a name", ["fopen: ok", "again: ok", "for writing: EACCES"], out, err)


@test
def keys(w):
    secrets = {"TENUO_ISSUER_KEY": "seCret", "TENUO_KEY_ANY": "seCret", "TENUO_HOLDER_KEY": "seCret"}
    native, ours = w.run("keys", **secrets), w.run("keys", "enforce", **secrets)
    w.expect("keys natively", ["environ: 1", "getenv: 1 1"], native[1][:2])
    w.expect("keys", ["environ: 0", "getenv: 0 0"], ours[1], ours[2])


# ---------------------------------------------------------------- how it starts
@test
def nothing_set(w):
    w.refused("nothing set", TENUO_WARRANT=None, TENUO_TRUSTED_ROOTS=None, TENUO_MODE=None)
    w.refused("empty warrant", TENUO_WARRANT="")
    w.refused("no roots", TENUO_TRUSTED_ROOTS=None, reason="root")
    for mode in ("audit", "permissive"):
        w.runs("nothing set", mode, TENUO_WARRANT=None, TENUO_TRUSTED_ROOTS=None)
    w.refused("unknown mode", mode="off", reason="TENUO_MODE", way_out=False)


@test
def bad_warrants(w):
    good = w.warrant
    code, out, err = w.run("simple", "enforce")
    w.expect("the good warrant", (0, ["in: ok", "out: EACCES"]), (code, out), err)
    short = w.tight("1s")
    flipped = good[:200] + ("A" if good[200] != "A" else "B") + good[201:]
    time.sleep(1.1)
    stranger = Shim(w.build)
    bad = {"expired": short, "truncated": good[: len(good) // 2], "bit-flipped": flipped, "not a warrant": "bm90IGEgd2FycmFudA",
           "untrusted": stranger.mint({"read_file": {}})}
    stranger.close()
    for what, text in bad.items():
        w.refused(what, TENUO_WARRANT=text)
        w.runs(what, "audit", TENUO_WARRANT=text)
        w.runs(what, "permissive", TENUO_WARRANT=text)
    w.refused("unreadable file", TENUO_WARRANT=None, TENUO_WARRANT_FILE="/nonexistent")
    file = w.shim.dir / "warrant"
    file.write_text(good + "\n")
    code, out, err = w.run("simple", "enforce", TENUO_WARRANT=None, TENUO_WARRANT_FILE=str(file))
    w.expect("a warrant file", (0, ["in: ok", "out: EACCES"]), (code, out), err)


@test
def said_once(w):
    code, out, err = w.run("environments", "audit", TENUO_WARRANT="bm90IGEgd2FycmFudA")
    w.expect("a family without a warrant: said once", 1, err.count(" judges by the baseline alone"), err)


@test
def logs(w):
    for what, log in {"missing folder": "/nonexistent/log", "a folder": str(w.inside)}.items():
        w.refused(f"log: {what}", TENUO_AUDIT_LOG=log, reason="log", way_out=False)
        code, out, err = w.run("simple", "audit", TENUO_AUDIT_LOG=log)
        w.expect(f"log: {what}, audit", (0, ["in: ok", "out: ok"]), (code, out), err)
    code, out, err = w.run("simple", "enforce", TENUO_AUDIT_LOG="stderr")
    w.expect("log to stderr", 1, err.count('"type":"decision"'), err)
    code, out, err = w.run("simple", "enforce", log=False)
    w.expect("no log", (0, ["in: ok", "out: EACCES"]), (code, out), err)


@test
def development(w):
    key = w.shim.issuer()[0].read_text().strip()
    code, out, err = w.run("simple", "enforce", TENUO_TRUSTED_ROOTS=None, TENUO_DEV_MODE="1", TENUO_ISSUER_KEY=key)
    w.expect("dev mode", (0, ["in: ok", "out: EACCES"]), (code, out), err)
    code, out, err = w.run("environments", "enforce", TENUO_TRUSTED_ROOTS=None, TENUO_DEV_MODE="1", TENUO_ISSUER_KEY=key)
    w.expect("dev mode: children", {"0"}, {line.split(": ")[1] for line in out}, err)
    w.refused("a key without dev mode", TENUO_TRUSTED_ROOTS=None, TENUO_ISSUER_KEY=key)
    w.refused("dev mode without a key", TENUO_TRUSTED_ROOTS=None, TENUO_DEV_MODE="1")


@test
def policies(w):
    policy = w.shim.dir / "policy.json"
    policy.write_text('{"schema": "tenuo-shim.policy.v1", "modes": {"read_file": "audit"}}\n')
    made = subprocess.run([w.shim.command, "compile-policy", policy], capture_output=True)
    if made.returncode:
        policy.write_text('{"modes": {"read_file": "audit"}}\n')
        made = subprocess.run([w.shim.command, "compile-policy", policy], capture_output=True)
    w.expect("compile-policy", 0, made.returncode, made.stderr.decode())
    compiled = w.shim.dir / "policy.bin"
    compiled.write_bytes(made.stdout)
    for what in (policy, compiled):
        code, out, err = w.run("simple", "enforce", TENUO_POLICY=str(what))
        w.expect(f"{what.name}: read_file only watched", (0, ["in: ok", "out: ok"]), (code, out), err)
        w.expect(f"{what.name}: recorded", ["would_deny"], [e["decision"] for e in events(w.log) if e["type"] == "decision"])
    (w.shim.dir / "bad.json").write_text('{"no such key": 1}\n')
    (w.shim.dir / "bad.bin").write_bytes(made.stdout[:-3])
    for bad in ("bad.json", "bad.bin", "missing.json"):
        w.refused(bad, TENUO_POLICY=str(w.shim.dir / bad), way_out=False)
    w.refused("a bad policy in audit", mode="audit", TENUO_POLICY=str(w.shim.dir / "bad.json"), way_out=False)


# ---------------------------------------------------------------- descriptors
@test
def closed(w):
    w.run("closed", "enforce")
    w.expect("all closed: what the program wrote is all there is", "0 EACCES 1\n", (w.inside / "new").read_text())
    w.run("closed")
    w.expect("all closed, natively", "0 ok 1\n", (w.inside / "new").read_text())


@test
def nobody_reads_stderr(w):
    """What we say to a closed pipe must not end the program."""
    def status(mode, **more):
        r, fd = os.pipe()
        os.close(r)
        env = w.shim.env() if mode is None else w.shim.preload_env(w.warrant, mode, **more)
        code = w.shim.call([w.guest, "simple", w.inside, w.outside], env=env, stderr=fd, cwd="/").returncode
        os.close(fd)
        return code
    native = status(None)
    w.expect("closed stderr: a sentence", native, status("enforce"))
    w.expect("closed stderr: the log", native, status("audit", TENUO_AUDIT_LOG="stderr"))
    w.expect("closed stderr: refused", 126, status("enforce", TENUO_WARRANT="no token"))


@test
def repeats_add_up(w):
    for mode in ("enforce", "audit"):
        code, _, err = w.run("repeats", mode)
        counts = {}
        for e in events(w.log):
            if e["type"] == "decision":
                counts.setdefault(e["pid"], []).append(e["repeat"])
        w.expect(f"{mode}: every denial is in some record", (0, [3, 13]), (code, sorted(map(sum, counts.values()))), err)
        w.expect(f"{mode}: in few records", True, all(len(c) <= 5 for c in counts.values()))
        w.expect(f"{mode}: one sentence a process", 2 if mode == "enforce" else 0, err.count("tenuo-shim: denied"))


@test
def cancellation(w):
    w.expect("pthread_cancel natively", (0, ["cancelled: 1", "file: ok"]), w.run("cancel")[:2])
    w.expect("pthread_cancel", (0, ["cancelled: 1", "file: ok"]), w.run("cancel", "enforce")[:2])


@test
def valgrind(w):
    code, native, _ = w.run("walk")
    argv = ["valgrind", "-q", "--error-exitcode=99", "--trace-children=no", "--vgdb=no", w.guest, "walk", w.inside, w.outside]
    w.fresh()
    done = w.shim.call(argv, env=w.shim.preload_env(w.warrant, "audit", w.log), cwd="/")
    w.expect("under valgrind", (code, native), (done.returncode, done.stdout.decode().splitlines()), done.stderr.decode())
    w.expect("under valgrind: events", True, len(events(w.log)) > 5)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True)
    p.add_argument("--only")
    p.add_argument("--user")
    options = p.parse_args()
    if options.user and os.getuid() != 0:
        print("only root can run this as another user")
        return 77
    os.umask(0o022)
    w = World(options)
    ran = 0
    try:
        for f in TESTS:
            if options.only in (None, f.__name__):
                ran += 1
                f(w)
        for line in w.wrong:
            print(line)
        print(f"{ran} tests, {len(w.wrong)} wrong")
        return 1 if w.wrong or not ran else 0
    finally:
        w.shim.close()


if __name__ == "__main__":
    sys.exit(main())
