#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`run` at level 1 on this kernel: what it holds, what it refuses, and whether it is a good parent.

live.py --build DIR [--user NAME] [PATTERN]
"""
import argparse
import errno
import json
import os
import pty
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "programs"))
from shim import Shim, events  # noqa: E402

PYTHON = "/usr/bin/python3"  # the other user may not reach the one that runs us
OPTIONS = None
SHIM = None


class Case(unittest.TestCase):
    def setUp(self):
        self.shim = SHIM
        self.base = Path(SHIM.dir).resolve() / self.id().split(".")[-1]
        self.base.mkdir()
        SHIM.give(self.base)
        self.make("in/a", "inside\n")
        self.make("out/secret", "secret\n")
        self.log = self.base / "log.jsonl"
        tree = {"path": {"subpath": str(self.base / "in")}}
        self.grant = {t: tree for t in ("read_file", "write_file", "list_directory", "delete_file", "create_directory")}

    def make(self, name, text):
        path = self.base / name
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            self.shim.give(path.parent)
        path.write_text(text)
        self.shim.give(path)
        return path

    def argv(self, *cmd, grant=None, ttl="10m", more=("--quiet",), log=True, mode="enforce", level=None):
        warrant = self.shim.mint(grant if grant is not None else self.grant, ttl)
        return self.shim.run_argv([str(c) for c in cmd], warrant, mode=mode, level=level, log=self.log if log is True else log or None,
                                  more=more)

    def run_it(self, *cmd, env=None, before=(), **kw):
        keys = {k: kw.pop(k) for k in ("grant", "ttl", "more", "log", "mode", "level") if k in kw}
        r = self.shim.call([*before, *self.argv(*cmd, **keys)], env=env, **kw)
        r.out, r.err = r.stdout.decode(), r.stderr.decode()
        return r

    def probe(self, *steps, program=None, **kw):
        line = " -- ".join(" ".join(str(w) for w in s) if not isinstance(s, str) else s for s in steps).split(" ")
        r = self.run_it(program or PROBE, *line, **kw)
        self.assertEqual(r.returncode, 0, r.err)
        return r.out.splitlines()

    def refused(self, r, *words):
        self.assertEqual(r.returncode, 126, r.err)
        self.assertEqual(r.out, "")
        for w in words:
            self.assertIn(w, r.err.splitlines()[-1])

    def of_type(self, kind):
        return [e for e in events(self.log) if e["type"] == kind]


class Holds(Case):
    """A static program: no library answers in the kernel's place."""

    def test_files(self):
        i, o = self.base / "in", self.base / "out"
        for program in PROBES:
            with self.subTest(program=program.name):
                (i / "new").unlink(missing_ok=True)
                shutil.rmtree(i / "dir", ignore_errors=True)
                self.make("in/gone", "x")
                got = self.probe(("read", i / "a"), ("write", i / "a"), ("list", i), ("create", i / "new"), ("mkdir", i / "dir"),
                                 ("unlink", i / "gone"), program=program)
                self.assertEqual(got, ["ok"] * 6)
                got = self.probe(("read", o / "secret"), ("write", o / "secret"), ("list", o), ("create", o / "new"), ("mkdir", o / "dir"),
                                 ("unlink", o / "secret"), program=program)
                self.assertEqual(got, ["EACCES"] * 6)
        self.assertEqual((o / "secret").read_text(), "secret\n")

    def test_renames(self):
        i, o = self.base / "in", self.base / "out"
        self.make("in/b", "b")
        (i / "sub").mkdir()
        SHIM.give(i / "sub")
        self.assertEqual(self.probe(("rename", i / "b", i / "sub/b")), ["ok"])
        self.assertIn(self.probe(("rename", i / "sub/b", o / "b"))[0], ("EACCES", "EXDEV"))
        self.assertIn(self.probe(("rename", o / "secret", i / "s"))[0], ("EACCES", "EXDEV"))
        self.assertTrue((o / "secret").exists())

    def test_truncate_doors(self):
        """A tree that may only be read keeps its contents, whatever open is asked."""
        ro = self.make("ro/f", "keep me\n")
        grant = {"read_file": {"path": {"subpath": str(ro.parent)}}, **{t: self.grant[t] for t in ("write_file",)}}
        doors = [("openflags", ro, 0o1000), ("openflags", ro, 0o1003), ("openflags", ro, 3), ("openflags", ro, 0o1002), ("openflags", ro, 0o1001)]
        self.assertEqual(self.probe(("read", ro), *doors, grant=grant), ["ok"] + ["EACCES"] * 5)
        self.assertEqual(self.probe(("truncate", ro), ("openat2", ro, 0o1000), grant=grant), ["ENOSYS"] * 2)
        self.assertEqual(ro.read_text(), "keep me\n")
        inside = self.base / "in/a"
        self.assertEqual(self.probe(("openflags", inside, 0o1001), grant=grant), ["ok"])
        self.assertEqual(inside.read_text(), "")

    def test_sockets(self):
        steps = [("socket", f, t, p) for f, t, p in ((1, 1, 0), (16, 3, 0), (2, 1, 0), (10, 2, 0), (2, 3, 1), (17, 3, 0), (40, 1, 0), (16, 3, 9))]
        no = "EAFNOSUPPORT"
        self.assertEqual(self.probe(*steps), ["ok", "ok", no, no, no, no, no, no])
        net = {**self.grant, "connect": {"host": "127.0.0.1"}}
        self.assertEqual(self.probe(*steps, grant=net)[:4], ["ok"] * 4)
        self.assertEqual(self.probe(*steps, grant=net)[4:], [no] * 4)

    def test_calls_no_agent_needs(self):
        self.assertEqual(self.probe(("unshare", 0x10000000), ("memfd", 1), ("prlimit", 1)), ["EPERM", "EACCES", "EPERM"])
        self.assertEqual(self.probe(("unshare", 0x400), ("memfd", 9), ("prlimit", 0)), ["ok"] * 3)

    def test_exec(self):
        other = self.shim.stage(PROBE, "probe-two")
        mine = self.make("in/own", "")
        shutil.copy(PROBE, mine)
        mine.chmod(0o755)
        self.assertEqual(self.probe(("exec", other, "fds"), ("exec", mine, "fds")), ["EACCES"] * 2)
        grant = {**self.grant, "run_command": {"program": str(other)}}
        self.assertEqual(self.probe(("exec", other, "fds"), ("exec", mine, "fds"), grant=grant)[1:], ["ok", "EACCES"])

    def test_others_are_out_of_reach(self):
        victim = subprocess.Popen(["sleep", "100"], **({"user": SHIM.uid, "group": SHIM.gid} if SHIM.foreign else {}))
        try:
            self.assertEqual(self.probe(("killparent", 0), ("kill", victim.pid, 0), ("kill", 0, 0)), ["EPERM", "EPERM", "ok"])
        finally:
            victim.kill()
            victim.wait()

    def test_sealed(self):
        """What children of the session find: no privileges, no descriptors, no variables of ours."""
        r, w = os.pipe()
        try:
            env = self.shim.env(TENUO_ISSUER_KEY="k", TENUO_KEY_1="k", TENUO_CONNECT_TOKEN="t", TENUO_WARRANT_FILE="/nope", TENUO_MODE="audit",
                                OTHER="stays")
            steps = [("status", k) for k in ("NoNewPrivs", "CapEff", "CapPrm", "CapInh", "CapAmb", "Seccomp:")] + ["fds"] + [
                ("env", k) for k in ("TENUO_ISSUER_KEY", "TENUO_KEY_1", "TENUO_CONNECT_TOKEN", "TENUO_WARRANT_FILE", "TENUO_MODE", "LD_PRELOAD",
                                     "TENUO_SESSION", "OTHER")]
            got = self.probe(*steps, env=env, pass_fds=(w,))
        finally:
            os.close(r)
            os.close(w)
        self.assertEqual([g.split()[-1] for g in got[:6]], ["1"] + ["0" * 16] * 4 + ["2"])
        self.assertEqual(got[6], "0 1 2 ")
        self.assertEqual(got[7:], ["unset"] * 7 + ["stays"])
        if SHIM.uid == 0:
            self.assertTrue(self.probe(("status", "CapBnd"))[0].endswith("0" * 16))

    def test_keep_fd(self):
        r, w = os.pipe()
        try:
            self.assertEqual(self.probe("fds", pass_fds=(w,), more=("--quiet", "--keep-fd", str(w))), [f"0 1 2 {w} "])
        finally:
            os.close(r)
            os.close(w)

    def test_closed_standard_descriptors_stay_closed(self):
        argv = self.argv(PROBE, "fds")
        line = " ".join(f"'{a}'" for a in argv)
        r = self.shim.call(["/bin/sh", "-c", f"exec {line} <&- 2>&-"])
        self.assertEqual(r.stdout.decode(), "1 \n")

    def test_audit_changes_nothing(self):
        cmd = ["/bin/sh", "-c", "grep -E 'NoNewPrivs|Cap|Seccomp:' /proc/self/status; ls /proc/self/fd | wc -l"]
        native = self.shim.call(cmd).stdout
        self.assertEqual(self.run_it(*cmd, mode="audit", more=("--quiet", "--tmpdir", "keep")).stdout, native)

    def test_private_tmpdir(self):
        r = self.run_it("/bin/sh", "-c", 'echo "$TMPDIR"; stat -c %a "$TMPDIR"; echo x > "$TMPDIR/f"; mkdir -p "$TMPDIR/d/e"; cat "$TMPDIR/f"',
                        grant={**self.grant, "run_command": {}})
        tmp, mode, text = r.out.splitlines()
        self.assertEqual((mode, text), ("700", "x"))
        self.assertFalse(os.path.exists(tmp))

    def test_nothing_is_left(self):
        def left():
            found = []
            for d in ("/run/tenuo-shim", f"/run/user/{SHIM.uid}/tenuo-shim", f"/tmp/tenuo-shim-{SHIM.uid}"):
                found += [d + "/" + n for n in os.listdir(d)] if os.path.isdir(d) else []
            return set(found)
        before = left()
        self.probe("fds")
        self.refused(self.run_it(PROBE, "fds", log="/nope/log"), "the log")
        self.assertEqual(left() - before, set())


class Kernels(Case):
    """What the kernel says it has, replaced by `masked`."""

    def masked(self, abi, *steps, **kw):
        return self.run_it(PROBE, *" -- ".join(" ".join(map(str, s)) for s in steps).split(" "), before=[MASKED, str(abi)], **kw)

    def test_without_landlock(self):
        for abi, words in ((0, "this kernel has no Landlock"), (-1, "Landlock is switched off"), (1, "Landlock ABI 1 cannot rename")):
            r = self.masked(abi, ("read", self.base / "in/a"))
            self.refused(r, words, "Linux 5.19")
        r = self.masked(0, ("read", self.base / "in/a"), level=0)
        self.refused(r, "level 0 could not hold it")

    def test_each_abi_holds(self):
        i, o, ro = self.base / "in/a", self.base / "out/secret", self.make("ro/f", "keep\n")
        grant = {**self.grant, "read_file": {"path": {"any": [{"subpath": str(self.base / "in")}, {"subpath": str(ro.parent)}]}}}
        for abi in (2, 3, 4, 5, 6, 7):
            with self.subTest(abi=abi):
                r = self.masked(abi, ("read", i), ("read", o), ("write", o), ("openflags", ro, 0o1000), ("openflags", ro, 0o1003),
                                ("killparent", 0), ("killparent", 9), ("kill", 0, 0), ("setown", 1), grant=grant)
                own = "EPERM" if abi < 6 else "ok"
                self.assertEqual(r.out.splitlines(), ["ok"] + ["EACCES"] * 4 + ["EPERM", "EPERM", "ok", own], r.err)
                start = self.of_type("session.start")[-1]
                self.assertEqual(start["landlock_abi"], abi)
                self.assertEqual("signal scope" in start["absent"], abi < 6)
        self.assertEqual(ro.read_text(), "keep\n")

    def test_sixteen_layers(self):
        stack = [PYTHON, "-c", LAYERS]
        self.refused(self.run_it(PROBE, "fds", before=[*stack, "16"]), "16 Landlock layers")
        self.assertEqual(self.run_it(PROBE, "fds", before=[*stack, "15"]).out, "0 1 2 \n")


LAYERS = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
attr = struct.pack("Q", 1 << 12)  # MAKE_SYM: nothing here makes links
for _ in range(int(sys.argv[1])):
    fd = libc.syscall(444, attr, 8, 0)
    os.stat("/")
    assert libc.syscall(446, fd, 0) == 0
    os.close(fd)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Refuses(Case):
    def test_log_rules(self):
        inside = self.base / "in/log"
        self.refused(self.run_it(PROBE, "fds", log=inside), "the session could write the log", str(inside))
        self.refused(self.run_it(PROBE, "fds", log="/nope/log"), "cannot write the log")
        self.refused(self.run_it(PROBE, "fds", log="fd:77"), "fd:77")
        self.assertEqual(self.probe("fds"), ["0 1 2 "])
        self.assertEqual(os.stat(self.log).st_mode & 0o777, 0o600)
        before = self.log.read_text()
        self.probe("fds")
        self.assertTrue(self.log.read_text().startswith(before))

    def test_log_to_descriptors(self):
        r = self.run_it(PROBE, "fds", log="stderr")
        self.assertEqual([json.loads(x)["type"] for x in r.err.splitlines() if x.startswith("{")], ["session.start", "session.end"])
        self.assertEqual(r.out, "0 1 2 \n")
        rd, wr = os.pipe()
        r = self.run_it(PROBE, "fds", log=f"fd:{wr}", pass_fds=(wr,))
        os.close(wr)
        self.assertEqual(len(os.read(rd, 100000).splitlines()), 2)
        os.close(rd)

    def test_default_log(self):
        if SHIM.uid == 0:
            self.skipTest("root's is /var/log/tenuo-shim: tested as the other user")
        state = self.base / "state"
        env = self.shim.env(XDG_STATE_HOME=str(state))
        self.assertEqual(self.run_it(PROBE, "fds", log=False, env=env).returncode, 0)
        self.assertEqual(len(list((state / "tenuo-shim").glob("*.jsonl"))), 1)
        open_ = {**self.grant, "write_file": {"path": {"subpath": str(self.base)}}}
        r = self.run_it(PROBE, "fds", log=False, env=env, grant=open_)
        self.assertEqual((r.returncode, r.out), (0, "0 1 2 \n"))
        self.assertIn("no log: the session could write it", r.err)
        self.assertEqual(len(list((state / "tenuo-shim").glob("*.jsonl"))), 1)

    def test_full_log(self):
        self.refused(self.run_it(PROBE, "fds", log="/dev/full"), "the log /dev/full cannot be written")

    def test_a_key_that_could_be_read(self):
        key = self.make("in/key", "x")
        env = self.shim.env(TENUO_HOLDER_KEY_FILE=str(key))
        self.refused(self.run_it(PROBE, "fds", env=env), "the holder's key", str(key))
        env = self.shim.env(TENUO_HOLDER_KEY_FILE=str(self.make("out/key", "x")))
        self.assertEqual(self.run_it(PROBE, "fds", env=env).returncode, 0)

    def test_a_program_that_could_be_written(self):
        mine = self.make("in/own", "")
        shutil.copy(PROBE, mine)
        mine.chmod(0o755)
        self.refused(self.run_it(mine, "fds"), "--allow-writable-program", str(mine))
        self.assertEqual(self.run_it(mine, "fds", more=("--quiet", "--allow-writable-program")).out, "0 1 2 \n")

    def test_missing_roots(self):
        later = self.base / "later/x"
        grant = {"read_file": {"path": {"subpath": str(later)}}}
        self.refused(self.run_it(PROBE, "fds", grant=grant), str(later), "--create-roots")
        self.assertEqual(self.run_it(PROBE, "fds", grant=grant, more=("--allow-missing-roots",)).returncode, 0)
        self.assertFalse(later.exists())
        got = self.probe(("list", later), grant={**grant, "list_directory": grant["read_file"]}, more=("--create-roots",))
        self.assertEqual(got, ["ok"])
        self.assertTrue(later.is_dir())

    def test_a_bound_of_everything(self):
        grant = {"read_file": {"path": {"regex": ".*"}}, "write_file": {"path": {"pattern": "*/x"}}}
        r = self.run_it("/bin/true", grant=grant)
        self.refused(r, "only / bounds", "--level 0")
        self.assertEqual(self.run_it("/bin/true", grant=grant, level=0).returncode, 0)

    def test_wrong_programs(self):
        self.assertEqual(self.run_it("/no/such/program").returncode, 127)
        self.assertEqual(self.run_it("no-such-program").returncode, 127)
        self.refused(self.run_it(self.make("out/data", "x")), "EACCES")
        if I386 and I386.exists():
            self.refused(self.run_it(I386), "32-bit")
        self.refused(self.run_it(PROBE, "fds", level=0), "level 0 could not hold it", "static")

    def test_session_in_a_session(self):
        inner = self.argv(PROBE, "fds")
        grant = {"*": {}, "run_command": {"program": {"subpath": "/"}}}
        r = self.run_it(*inner, grant=grant, more=("--allow-writable-program", "--quiet"))
        self.assertEqual(r.returncode, 126)
        self.assertIn("inside a session already", r.err)


class Parent(Case):
    def sh(self, text, **kw):
        kw.setdefault("grant", {**self.grant, "run_command": {}})
        return self.run_it("/bin/sh", "-c", text, **kw)

    def popen(self, *cmd, **kw):
        keys = {k: kw.pop(k) for k in ("grant", "ttl", "more", "mode") if k in kw}
        keys.setdefault("grant", {**self.grant, "run_command": {}})
        if SHIM.foreign:
            kw.update(user=SHIM.uid, group=SHIM.gid, extra_groups=[])
        return subprocess.Popen([str(a) for a in self.argv(*cmd, **keys)], env=self.shim.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                **kw)

    def test_exit_status(self):
        for code in (0, 1, 42, 255):
            self.assertEqual(self.sh(f"exit {code}").returncode, code)
        for sig in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT, signal.SIGUSR1):
            self.assertEqual(self.sh(f"kill -{int(sig)} $$").returncode, -sig)
        self.assertEqual(self.of_type("session.end")[-1]["signal"], signal.SIGUSR1)

    def test_sigchld_ignored(self):
        r = self.shim.call([PYTHON, "-c", "import os,signal,sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])",
                            *self.argv("/bin/sh", "-c", "exit 9")])
        self.assertEqual(r.returncode, 9)

    def test_signals_are_passed_on_once(self):
        text = 'trap "echo got $$" USR1; trap "echo end; exit 5" TERM; echo up; while :; do sleep 0.05; done'
        p = self.popen("/bin/sh", "-c", text)
        self.assertEqual(p.stdout.readline(), b"up\n")
        for _ in range(3):
            p.send_signal(signal.SIGUSR1)
            self.assertIn(b"got", p.stdout.readline())
        p.send_signal(signal.SIGTERM)
        out, _ = p.communicate(timeout=20)
        self.assertEqual((out, p.returncode), (b"end\n", 5))

    def test_kill_of_the_own_group_comes_back_once(self):
        r = self.sh('trap "echo got" USR1; kill -USR1 0; sleep 0.3; echo end', start_new_session=True)
        self.assertEqual((r.out, r.returncode), ("got\nend\n", 0))

    def test_pipes_end_with_the_program(self):
        p = self.popen("/bin/sh", "-c", "exec >&-; sleep 5")
        start = time.monotonic()
        self.assertEqual(p.stdout.read(), b"")
        self.assertLess(time.monotonic() - start, 4)
        p.kill()
        p.communicate()

    def test_daemons(self):
        text = "setsid sh -c 'sleep 1.5; echo late > %s' >/dev/null 2>&1 & echo now" % (self.base / "in/late")
        late, seen = self.base / "in/late", {}
        for how in ("keep", "kill", "wait"):
            late.unlink(missing_ok=True)
            start = time.monotonic()
            r = self.sh(text, more=("--quiet", "--on-exit", how))
            seen[how] = (r.out, time.monotonic() - start < 1.2, late.exists())
            time.sleep(2)
            seen[how] += (late.exists(),)
        self.assertEqual(seen, {"keep": ("now\n", True, False, True), "kill": ("now\n", True, False, False),
                                "wait": ("now\n", False, True, True)})
        self.assertEqual(len(self.of_type("session.end")), 3)

    def test_expiry(self):
        """SIGTERM at the grace, SIGKILL of everything at expires_at, also of what ran away."""
        text = "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' & (setsid sleep 60 &) ; while :; do sleep 0.1; done"
        start = time.monotonic()
        r = self.sh(text, ttl="3s", more=())
        self.assertEqual(r.returncode, -signal.SIGKILL)
        self.assertLess(time.monotonic() - start, 6)
        self.assertIn("the warrant has ended", r.err)
        self.assertEqual(len(self.of_type("session.expiring")), 1)
        self.assertTrue(self.of_type("session.end")[0]["expired"])
        self.assertNotIn(str(self.base), os.popen("ps axww -o args").read())

    def test_audit_does_not_end_anything(self):
        self.assertEqual(self.sh("sleep 3; echo there", ttl="2s", mode="audit").out, "there\n")

    def test_expired_before_the_start(self):
        warrant = self.shim.mint(self.grant, "1s")
        time.sleep(1.5)
        r = self.shim.call(self.shim.run_argv([PROBE, "fds"], warrant))
        self.assertEqual((r.returncode, r.stdout), (126, b""))

    def keeper_of(self, pid):
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def test_front_killed(self):
        """The session goes on, held and recorded, to its end."""
        p = self.popen("/bin/sh", "-c", f"echo up; sleep 1; echo on > {self.base}/in/on; cat {self.base}/out/secret")
        self.assertEqual(p.stdout.readline(), b"up\n")
        p.kill()
        p.communicate()
        time.sleep(2)
        self.assertTrue((self.base / "in/on").exists())
        self.assertEqual(len(self.of_type("session.end")), 1)

    def test_keeper_killed(self):
        p = self.popen("/bin/sh", "-c", f"echo up; read x; echo on > {self.base}/in/on", stdin=subprocess.PIPE)
        self.assertEqual(p.stdout.readline(), b"up\n")
        os.kill(self.keeper_of(p.pid), signal.SIGKILL)
        self.assertEqual(p.wait(20), 126)
        self.assertIn(b"keeper was killed", p.stderr.read())
        for f in (p.stdout, p.stderr):
            f.close()
        with self.assertRaises(BrokenPipeError):  # nobody holds the other end
            p.stdin.write(b"go\n")
            p.stdin.flush()
        p.stdin = None
        time.sleep(0.3)
        self.assertFalse((self.base / "in/on").exists())

    def test_memory(self):
        p = self.popen("/bin/sh", "-c", "echo up; sleep 3")
        self.assertEqual(p.stdout.readline(), b"up\n")
        private = 0
        for pid in (p.pid, self.keeper_of(p.pid)):
            private += sum(int(x.split()[1]) for x in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if x.startswith("Private_"))
        p.kill()
        p.communicate()
        print(f"# launcher and keeper: {private} KiB private")
        self.assertLessEqual(private, 2048)

    def test_process_one(self):
        if SHIM.uid != 0:
            self.skipTest("needs root to make a pid namespace")
        ns = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
        self.assertEqual(self.run_it("/bin/sh", "-c", "exit 7", before=ns).returncode, 7)
        self.assertEqual(self.run_it("/bin/sh", "-c", "kill -9 $$", before=ns).returncode, 137)
        p = subprocess.Popen([*ns, *map(str, self.argv("/bin/sh", "-c", 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done'))],
                             env=self.shim.env(), stdout=subprocess.PIPE)
        self.assertEqual(p.stdout.readline(), b"up\n")
        os.kill(self.keeper_of(p.pid), signal.SIGTERM)  # process 1 is unshare's child
        p.communicate(timeout=20)
        self.assertEqual(p.returncode, 3)

    def test_hundred_at_once(self):
        argv = self.argv(PROBE, "read", self.base / "in/a")
        kw = {"user": SHIM.uid, "group": SHIM.gid, "extra_groups": []} if SHIM.foreign else {}
        ps = [subprocess.Popen([str(a) for a in argv], env=self.shim.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw) for _ in range(100)]
        outs = [p.communicate(timeout=100)[0] for p in ps]
        self.assertEqual(outs, [b"ok\n"] * 100)
        log = events(self.log)
        self.assertEqual(len(log), 200)
        self.assertEqual(len({e["session"] for e in log}), 100)


class Terminal(Case):
    """Job control through a shell on a pty."""

    def shell(self, mode="-i"):
        pid, fd = pty.fork()
        if pid == 0:
            if SHIM.foreign:
                os.setgroups([])
                os.setgid(SHIM.gid)
                os.setuid(SHIM.uid)
            os.environ.clear()
            os.environ.update(self.shim.env(PS1="$ ", TERM="dumb"))
            os.chdir("/")
            os.execv("/bin/bash", ["bash", "--norc", "--noprofile", mode])
        self.addCleanup(os.close, fd)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        self.fd, self.seen = fd, b""

    def expect(self, what, seconds=15):
        end = time.monotonic() + seconds
        while what.encode() not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                self.fail(f"waited for {what!r}, saw {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 4096)
            except OSError as e:
                if e.errno == errno.EIO:
                    self.fail(f"the terminal closed; saw {self.seen!r}")
                raise
        self.seen = self.seen[self.seen.index(what.encode()) + len(what):]

    def type(self, text):
        os.write(self.fd, text.encode())

    def start(self, script):
        path = self.make("out/job.sh", script)
        run = self.base / "job"
        run.write_text("#!/bin/sh\nexec " + " ".join(f"'{a}'" for a in self.argv("/bin/sh", path, grant={**self.grant, "run_command": {}})) + "\n")
        run.chmod(0o755)
        self.shell()
        self.expect("$ ")
        self.type(f"{run}\n")

    def test_interrupt_once(self):
        self.start("n=0; trap 'n=$((n+1)); echo int-$n' INT; trap 'echo BYE; exit 4' QUIT; echo READY; while :; do sleep 0.1; done\n")
        self.expect("READY")
        for n in (1, 2):
            self.type("\x03")
            self.expect(f"int-{n}")
        self.type("\x1c")
        self.expect("BYE")
        self.type("echo status-$?\n")
        self.expect("status-4")

    def test_stop_and_continue(self):
        self.start('echo READY; i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); [ -e /nope ]; done; echo DONE\n')
        self.expect("READY")
        time.sleep(0.35)  # not while dash is in vfork: then it cannot stop before its child goes on, with or without us
        self.type("\x1a")
        self.expect("Stopped")
        self.type("bg\n")
        self.expect("&")
        self.type("jobs\n")
        self.expect("Running")
        self.type("fg\n")
        time.sleep(0.3)
        self.type("\x03")
        self.expect("$ ")
        self.type("echo status-$?\n")
        self.expect("status-130")

    def test_reads_the_terminal(self):
        self.start('echo READY; read x; echo "got-$x"; stty size >/dev/null && echo TTY\n')
        self.expect("READY")
        self.type("hello\n")
        self.expect("got-hello")
        self.expect("TTY")


def main():
    global OPTIONS, SHIM, PROBE, PROBES, MASKED, I386
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--user")
    p.add_argument("pattern", nargs="*")
    OPTIONS = p.parse_args()
    if OPTIONS.user and os.getuid() != 0:
        print("only root can test as another user")
        return 77
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    SHIM = Shim(OPTIONS.build, OPTIONS.user)
    here = Path(OPTIONS.build) / "tests/launcher"
    PROBES = [SHIM.stage(f) for f in sorted(here.glob("launcher-probe*")) if f.is_file()]
    PROBE, MASKED = PROBES[0], SHIM.stage(here / "launcher-masked")
    i386 = Path(OPTIONS.build) / "tests/bypass/bypass-i386"
    I386 = SHIM.stage(i386) if i386.exists() else None
    try:
        suite = unittest.TestLoader()
        suite.testNamePatterns = [f"*{x}*" for x in OPTIONS.pattern] or None
        result = unittest.TextTestRunner(verbosity=2).run(suite.loadTestsFromModule(sys.modules[__name__]))
        return 0 if result.wasSuccessful() else 1
    finally:
        SHIM.close()


if __name__ == "__main__":
    sys.exit(main())
