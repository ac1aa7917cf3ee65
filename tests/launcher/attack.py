#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A session against its launcher: what runs inside tries to outlive the warrant, to stall or blind the keeper, to leave things
behind, or to be more than it was given.  Each case has its control: the same thing where it is allowed, or the native result.
"""
import argparse
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "programs"))
from shim import Shim, events  # noqa: E402

PYTHON = "/usr/bin/python3"
UNSEEN = ["/bin/busybox", "env", PYTHON]  # static: nothing after it has the library, which would refuse first what the launcher must

# An open descriptor: nobody asks about it again, so it tells who lives and not who may.
BEAT = """
import os, sys, time
def beat(fd=os.open(sys.argv[1], os.O_WRONLY)):
    os.pwrite(fd, b"%.6f" % time.time(), 0)
"""
# Main thread gone, another one lives: /proc shows a zombie.
ZOMBIE_LEADER = """
import ctypes, threading, time, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def on():
    while True:
        beat()
        time.sleep(0.05)
threading.Thread(target=on, daemon=True).start()
ctypes.CDLL(None).syscall(60, 0)
"""
# Stops itself as fast as a child can continue it: news for a front that is stopped too.
STOP_STORM = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
me = os.getpid()
if os.fork() == 0:
    while True:
        time.sleep(0.002)
        os.kill(me, signal.SIGCONT)
while True:
    beat()
    os.kill(me, signal.SIGSTOP)
"""
# Connections that never say anything, from what stays when the program has ended.
SILENT_FLOOD = """
import os, resource, signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    time.sleep(0.7)
    os._exit(0)
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
def flood():
    held = []
    while True:
        try:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.setblocking(False)
            s.connect(sys.argv[2] + "/log")
            held.append(s)
        except OSError:
            return held
held = []
while True:
    held += flood()
    beat()
    time.sleep(0.05)
"""
DEAF_DAEMON = """
import os, signal, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(s, signal.SIG_IGN)
while True:
    beat()
    time.sleep(0.05)
"""
LEAVES_TREES = """
import os, sys
os.chdir(os.environ["TMPDIR"])
open("file", "w").close()
os.symlink(sys.argv[1], "link")
os.mkdir("locked"); os.mkdir("locked/in"); open("locked/in/f", "w").close(); os.symlink(sys.argv[1], "locked/l")
os.chmod("locked/in", 0); os.chmod("locked", 0)
for i in range(1500):
    os.mkdir("d"); os.chdir("d")
os.chdir(os.environ["TMPDIR"])
os.chmod(".", 0)
"""


STUFF = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def stuff(i):
    while True:
        i += 1
        try:
            open("/etc/no-such-%d-" % i + "x" * 200, "w")
        except OSError:
            pass
threading.Thread(target=stuff, args=(0,), daemon=True).start()
while True:
    beat()
    time.sleep(0.05)
"""
FORGE = r"""
import ctypes, os, socket
def shortest(major, n):
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * size:
            return bytes([major << 5 | info]) + n.to_bytes(size, "big")
def b(s):
    return shortest(2, len(s)) + s
def u(n):
    return shortest(0, n)
def event(kind=0, extra=b"", text=b"/forged\n{\"type\":\"session.end\"}\x01\xff", fields=33):
    strings = [b"read", *[text] * 10, extra]
    return (shortest(4, fields) + u(1) + u(kind) + u(123456) + u(1) + u(2) + b(b"x" * 32) + u(1) + u(0) + u(5) + u(1) + b"\xf4"
            + b"".join(map(b, strings)) + u(2000) + u(0) + u(0) + b(b"tnu") + u(1) + u(1) + u(1) + u(0) + u(13) + u(1))
def send(place, message):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(5)
    try:
        s.connect(place + "/log")
        s.send(message)
        answer = s.recv(16)
    except OSError as e:
        return type(e).__name__
    return "closed" if not answer else "refused" if answer == bytes([FAILED]) else "taken"
FAILED = 70
# ---- inside
def session():
    libc = ctypes.CDLL(None, use_errno=True)
    out = []
    for k in range(16):
        libc.syscall(MAGIC, k)
        out.append(ctypes.get_errno() - BASE)
    u = os.getuid()
    name = "".join("%02x" % b for b in out)
    return [d for d in (b + "/" + name for b in ("/run/tenuo-shim", f"/run/user/{u}/tenuo-shim", f"/tmp/tenuo-shim-{u}")) if os.path.exists(d)][0]
place = session()
print(place)
for e in (event(extra=b'"forged":1}\n{"type":"session.end","forged":2'), event(kind=2), event(text=b"\x01" * 1400), event(fields=32), b"\xff" * 20000):
    print(send(place, e))
"""


class Attack:
    def __init__(self, options):
        self.shim = Shim(options.build, options.user)
        self.wrong = []
        self.only = options.only
        self.tmp = self.directory("tmp")
        self.free = self.shim.mint({"run_command": {}, "read_file": {"path": {"subpath": str(self.shim.dir)}},
                                    "write_file": {"path": {"subpath": str(self.directory("work"))}}})

    # ---- helpers
    def directory(self, name):
        d = self.shim.dir / name
        d.mkdir(exist_ok=True)
        self.shim.give(d)
        return d

    def script(self, name, text):
        folder = self.directory("scripts")
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def say(self, name, problem):
        if problem:
            self.wrong.append(f"{name}: {problem}")
            print(f"not ok {name}: {problem}", flush=True)
        else:
            print(f"ok {name}", flush=True)

    def env(self):
        return self.shim.env(TMPDIR=str(self.tmp))

    def run(self, argv, warrant=None, env=None, **kw):
        more = kw.pop("more", ())
        options = {k: kw.pop(k) for k in ("mode", "log") if k in kw}
        line = self.shim.run_argv(argv, warrant or self.free, more=["--quiet", *more], **options)
        return self.shim.call(line, env=env or self.env(), **kw)

    def left_behind(self):
        bases = [Path("/run/tenuo-shim")] if self.shim.uid == 0 else [Path(f"/run/user/{self.shim.uid}/tenuo-shim"), Path(f"/tmp/tenuo-shim-{self.shim.uid}")]
        return {str(p) for b in (*bases, self.tmp) if b.exists() for p in b.iterdir() if not self.lives(p)}

    def lives(self, directory):
        """A session that somebody else has just now."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            return s.connect_ex(str(directory / "log")) == 0

    def ends(self, name, text, after=4.0, ttl="3s", more=()):
        """The session must be over, all of it, soon after its warrant."""
        alive = self.directory("work") / "alive"
        alive.write_text("")
        self.shim.give(alive)
        script = self.script(name + ".py", BEAT + text)
        warrant = self.shim.mint({"run_command": {}, "read_file": {"path": {"subpath": str(self.shim.dir)}},
                                  "write_file": {"path": {"subpath": str(self.directory("work"))}}}, ttl=ttl)
        begun = time.time()
        line = self.shim.run_argv([*UNSEEN, script, alive], warrant, more=["--quiet", *more])
        out = open(self.shim.dir / (name + ".out"), "wb")
        pid = subprocess.Popen([str(a) for a in line], env=self.env(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                               **({"user": self.shim.uid, "group": self.shim.gid, "extra_groups": []} if self.shim.foreign else {}))
        time.sleep(max(0, begun + after + float(ttl[:-1]) - time.time()))
        last = alive.read_text()
        time.sleep(0.3)
        still = alive.read_text()
        if pid.poll() is None:
            pid.send_signal(signal.SIGCONT)  # a front that was stopped with its program
        try:
            pid.wait(3)
        except subprocess.TimeoutExpired:
            pid.kill()
            pid.wait()
            return self.say(name, "the launcher did not end")
        if not last:
            return self.say(name, "the attack did not run: " + (self.shim.dir / (name + ".out")).read_text()[-400:])
        self.say(name, "it lives after the warrant's end" if last != still else None)

    # ---- outliving the warrant
    def zombie_leader_ends(self):
        self.ends("zombie-leader", ZOMBIE_LEADER)

    def stop_storm_ends(self):
        self.ends("stop-storm", STOP_STORM)

    def deaf_daemon_ends(self):
        self.ends("deaf-daemon", DEAF_DAEMON)

    def silent_flood_ends(self):
        text = SILENT_FLOOD.replace("sys.argv[2]", "session()").replace("import os, resource", '''
import ctypes
def session():
    libc = ctypes.CDLL(None, use_errno=True)
    out = []
    for k in range(16):
        libc.syscall(MAGIC, k)
        out.append(ctypes.get_errno() - BASE)
    name = "".join("%02x" % b for b in out)
    u = os.getuid()
    return [d for d in (b + "/" + name for b in ("/run/tenuo-shim", f"/run/user/{u}/tenuo-shim", f"/tmp/tenuo-shim-{u}")) if os.path.exists(d)][0]
import os, resource'''.replace("MAGIC", str(self.magic()[0])).replace("BASE", str(self.magic()[1])))
        self.ends("silent-flood", text)

    def magic(self):
        text = (Path(__file__).resolve().parents[2] / "shim/include/shim/session.h").read_text()
        values = dict(line.split()[1:3] for line in text.splitlines() if line.startswith("#define TNS_MAGIC_"))
        return int(values["TNS_MAGIC_NR"], 0), int(values["TNS_MAGIC_BYTE"], 0)

    # ---- leaving things behind
    def tmpdir_is_removed(self):
        outside = self.directory("work") / "outside"
        outside.write_text("stays")
        outside.chmod(0o640)
        self.shim.give(outside)
        before = self.left_behind()
        r = self.run([PYTHON, self.script("trees.py", LEAVES_TREES), outside])
        left = self.left_behind() - before
        for d in left:
            subprocess.run(["rm", "-rf", d], check=False)
        problem = f"exit {r.returncode} {r.stderr.decode()[-300:]}" if r.returncode else f"left behind: {sorted(left)}" if left else None
        if not problem and (outside.read_text() != "stays" or stat.S_IMODE(outside.stat().st_mode) != 0o640):
            problem = "a link out of it was followed"
        self.say("tmpdir-removed", problem)

    # ---- the record
    def many_words(self):
        """session.start stays one whole line however much there is to say."""
        log = self.directory("logs") / "words.jsonl"
        r = self.run(["/bin/true", *["\x01\"\\" * 300] * 40], log=log)
        try:
            types = [e["type"] for e in events(log)]
            start = events(log)[0]
        except Exception as e:
            return self.say("many-words", f"{e}: {log.read_text()[:200]}")
        problem = None
        if r.returncode or types != ["session.start", "session.end"]:
            problem = f"exit {r.returncode}, {types}"
        elif not {"warrant", "expires_at", "argv", "layers", "landlock_abi", "exact", "bounded", "advisory", "plan"} <= set(start):
            problem = f"members are missing: {sorted(start)}"
        self.say("many-words", problem)

    def forged_events(self):
        """What a process hands in is a decision of its own and nothing else, and strangers hand in nothing."""
        log = self.directory("logs") / "forged.jsonl"
        r = self.run([*UNSEEN, self.script("forge.py", FORGE.replace("MAGIC", str(self.magic()[0])).replace("BASE", str(self.magic()[1])))],
                     log=log, warrant=self.free)
        path, *answers = r.stdout.decode().split()
        problem = None
        try:
            seen = events(log)
        except ValueError as e:
            return self.say("forged-events", f"a line that is none: {e}")
        forged = [e for e in seen if "forged" in str(e)]
        if [e["type"] for e in seen if e["type"] != "decision"] != ["session.start", "session.end"]:
            problem = f"{[e['type'] for e in seen]}"
        elif any(e["pid"] == 1 or e["seq"] > 1000 or e.get("reported_by") != "process" for e in forged):
            problem = f"who and when was believed: {forged}"
        elif answers != ["refused", "taken", "taken", "refused", "refused"]:
            problem = f"{answers} {r.stderr.decode()[-300:]}"
        self.say("forged-events", problem)

    def stranger_events(self):
        log = self.directory("logs") / "stranger.jsonl"
        base = Path("/run/tenuo-shim") if self.shim.uid == 0 else Path(f"/tmp/tenuo-shim-{self.shim.uid}")
        before = set(base.iterdir()) if base.exists() else set()
        p = subprocess.Popen([str(a) for a in self.shim.run_argv(["/bin/sleep", "1"], self.free, log=log, more=["--quiet"])], env=self.env(),
                             **({"user": self.shim.uid, "group": self.shim.gid, "extra_groups": []} if self.shim.foreign else {}))
        for _ in range(50):
            time.sleep(0.01)
            new = [d for d in (set(base.iterdir()) if base.exists() else set()) - before if (d / "log").exists()]
            if new:
                break
        outside = FORGE.split("# ---- inside")[0] + f"print(send({str(new[0])!r}, event()))"
        answer = self.shim.call([PYTHON, "-c", outside]).stdout.decode().strip()
        p.wait()
        types = [e["type"] for e in events(log)]
        self.say("stranger-events", None if answer == "refused" and types == ["session.start", "session.end"] else f"{answer} {types}")

    def unwritable_log(self):
        """enforce does not start, audit changes nothing, and both say it."""
        before, problem = self.left_behind(), None
        for mode, status, words in (("enforce", 126, b"cannot be written"), ("audit", 5, b"missing from the log")):
            r = self.shim.call(self.shim.run_argv(["/bin/sh", "-c", "echo out; exit 5"], self.free, mode=mode, log="/dev/full"), env=self.env())
            if (r.returncode, r.stdout) != (status, b"" if status == 126 else b"out\n") or words not in r.stderr:
                problem = f"{mode}: {r.returncode} {r.stdout} {r.stderr.decode()}"
        self.say("unwritable-log", problem or (f"left behind: {self.left_behind() - before}" if self.left_behind() - before else None))

    def stuffed_log(self):
        """A log on a pipe that nobody reads does not stop the keeper's clock."""
        alive = self.directory("work") / "stuffed"
        alive.write_text("")
        self.shim.give(alive)
        warrant = self.shim.mint({"run_command": {}, "read_file": {"path": {"subpath": str(self.shim.dir)}},
                                  "write_file": {"path": {"subpath": str(self.directory("work"))}}}, ttl="3s")
        r, w = os.pipe()
        p = subprocess.Popen([str(a) for a in self.shim.run_argv([PYTHON, self.script("stuff.py", BEAT + STUFF), alive], warrant, log=f"fd:{w}",
                              more=["--quiet"])], env=self.env(), pass_fds=[w], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             **({"user": self.shim.uid, "group": self.shim.gid, "extra_groups": []} if self.shim.foreign else {}))
        os.close(w)
        time.sleep(6.5)
        last = alive.read_text()
        time.sleep(0.3)
        problem = "the attack did not run" if not last else "it lives after the warrant's end" if alive.read_text() != last else None
        os.close(r)
        try:
            p.wait(3)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            problem = problem or "the launcher did not end"
        self.say("stuffed-log", problem)

    # ---- a good parent
    def closed_pipe_is_seen(self):
        """A reader sees the end when the program closes its end, not when the session ends."""
        text = "import os, time\nos.write(1, b'x')\nos.close(1)\ntime.sleep(2)\n"
        line = self.shim.run_argv([PYTHON, self.script("close.py", text)], self.free, more=["--quiet"])
        for name, argv in (("native", [PYTHON, self.script("close.py", text)]), ("run", line)):
            p = subprocess.Popen([str(a) for a in argv], env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 **({"user": self.shim.uid, "group": self.shim.gid, "extra_groups": []} if self.shim.foreign else {}))
            begun = time.time()
            got = p.stdout.read()
            took = time.time() - begun
            p.wait()
            if got != b"x" or took > 1.6:
                return self.say("closed-pipe", f"{name}: {got!r} after {took:.1f} s")
        self.say("closed-pipe", None)

    def daemon_does_not_hold_the_pipe(self):
        """$(...) around a program that leaves a daemon with closed descriptors returns."""
        text = ("import os, time\nif os.fork() == 0:\n os.setsid()\n for i in range(3): os.close(i)\n time.sleep(4)\n os._exit(0)\n")
        begun = time.time()
        r = self.run([PYTHON, self.script("daemon.py", text)], more=["--on-exit", "keep"])
        took = time.time() - begun
        self.say("daemon-pipe", f"exit {r.returncode} after {took:.1f} s" if r.returncode or took > 2.5 else None)

    def broken_stderr(self):
        """Nobody reads what we say: the program runs all the same."""
        results = []
        for line in (["/bin/sh", "-c", "exit 3"], self.shim.run_argv(["/bin/sh", "-c", "exit 3"], self.free, mode="audit", more=["--log", "stderr"]),
                     self.shim.run_argv(["/bin/sh", "-c", "exit 3"], self.free, mode="enforce", level=0)):
            r, w = os.pipe()
            os.close(r)
            results.append(self.shim.call(line, env=self.env(), stderr=w).returncode)
            os.close(w)
        self.say("broken-stderr", f"{results}" if results != [3, 3, 3] else None)

    def main(self):
        cases = [self.zombie_leader_ends, self.stop_storm_ends, self.deaf_daemon_ends, self.silent_flood_ends, self.tmpdir_is_removed,
                 self.many_words, self.unwritable_log, self.stuffed_log, self.forged_events, self.stranger_events, self.closed_pipe_is_seen, self.daemon_does_not_hold_the_pipe, self.broken_stderr]
        for case in cases:
            if not self.only or self.only in case.__name__:
                case()
        if not self.wrong:
            self.shim.close()
        return 1 if self.wrong else 0


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True)
    p.add_argument("--user")
    p.add_argument("--only")
    sys.exit(Attack(p.parse_args()).main())


if __name__ == "__main__":
    main()
