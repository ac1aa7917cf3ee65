#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every route of the bypass corpus and compares what stopped it with expected.tsv.

For each row: without a shim (it must escape, else the row proves nothing; a race must beat a naive checker), then at
level 1 and with LD_PRELOAD alone, linked dynamically and statically.  Whatever a route says of itself, the tree outside
is compared before and after: a route that is called blocked has changed nothing.
"""
import argparse
import fnmatch
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "programs"))
from shim import Shim, events  # noqa: E402

STOPPING = {"landlock", "seccomp", "launcher", "preload"}
VERDICT = {0: "escaped", 1: "blocked", 77: "skipped"}


def rows(path):
    for line in Path(path).read_text().splitlines():
        if line and not line.startswith("#"):
            fields = (line.split("\t") + [""])[:7]
            yield dict(zip(("route", "op", "profile", "native", "level1", "level0", "reason"), fields))


def expected(row, level, variant):
    """What must become of the attempt: 'escaped' or 'blocked'."""
    word = row["level1"] if level == 1 else row["level0"]
    if "|" in word:
        word = word.split("|")[variant == "static"]
        return "escaped" if word in ("works", "none") else "blocked"
    if word == "works":
        return "escaped"
    if word == "preload+static":
        return "blocked"
    if word not in STOPPING | {"none"}:
        raise SystemExit(f"expected.tsv: {row['route']} {row['op']}: no such layer: {word}")
    if word == "none" or (word == "preload" and variant == "static") or (level == 0 and variant == "static"):
        return "escaped"
    return "blocked"


class World:
    """The tree, the listeners and the victim that the routes are told about."""

    def __init__(self, shim, programs):
        self.shim, self.programs, self.base = shim, programs, shim.dir / "world"
        self.ports = [self._listen() for _ in range(2)]
        self.abstract = f"tenuo-bypass-{os.getpid()}-{shim.uid}"
        self.keep = []
        for kind, letter in ((socket.SOCK_STREAM, "s"), (socket.SOCK_DGRAM, "d")):
            s = socket.socket(socket.AF_UNIX, kind)
            s.bind("\0" + self.abstract + letter)
            if letter == "s":
                s.listen(64)
                threading.Thread(target=self._accept, args=(s,), daemon=True).start()
            self.keep.append(s)
        self.victim = None

    @staticmethod
    def _accept(s):
        while True:
            try:
                s.accept()[0].close()
            except OSError:
                return

    def _listen(self):
        for _ in range(50):
            tcp = socket.socket()
            tcp.bind(("127.0.0.1", 0))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            tcp.listen(128)
            threading.Thread(target=self._accept, args=(tcp,), daemon=True).start()
            self.__dict__.setdefault("sockets", []).extend((tcp, udp))
            return tcp.getsockname()[1]
        raise SystemExit("no free port")

    def fresh(self):
        b = self.base
        shutil.rmtree(b, ignore_errors=True)
        for d in ("in/sub", "ro", "bin", "out/dir", "in-twin", "IN"):
            (b / d).mkdir(parents=True)
        for name, text in {"in/file": "allowed\n", "in/secret": "allowed\n", "in/sub/secret": "allowed\n", "ro/file": "kept\n",
                           "out/secret": "SECRET\n", "out/hard": "SECRET\n", "out/victim": "victim\n",
                           "in-twin/secret": "SECRET\n", "IN/secret": "SECRET\n"}.items():
            (b / name).write_text(text)
        os.link(b / "out/hard", b / "in/prelink")
        os.symlink("../out/secret", b / "in/link")
        os.symlink("../out", b / "in/dirlink")
        os.symlink("secret", b / "out/oldlink")
        for name, program in {"in/prog": "escaped", "out/prog": "escaped", "bin/prog": "granted", "bin/cat": "cat", "bin/suid": "suid",
                              "in/dynprog": "escaped-dyn", "out/dynprog": "escaped-dyn", "in/lib.so": "lib", "out/lib.so": "lib"}.items():
            shutil.copy(self.programs[program], b / name)
            (b / name).chmod(0o755)
        for kind, name in ((socket.SOCK_STREAM, "out/sock"), (socket.SOCK_DGRAM, "out/dsock")):
            s = socket.socket(socket.AF_UNIX, kind)
            s.bind(str(b / name))
            if kind == socket.SOCK_STREAM:
                s.listen(8)
            (b / name).chmod(0o777)
            self.__dict__.setdefault("unix", {})[name] = s
        if self.shim.foreign:
            for p in [b, *b.rglob("*")]:
                os.lchown(p, self.shim.uid, self.shim.gid)
            os.lchown(b / "bin/suid", 0, 0)
            (b / "bin/suid").chmod(0o4755)

    def outside(self):
        """Everything about the parts that nothing may change."""
        seen = {}
        for top in ("out", "ro", "bin", "in-twin", "IN"):
            for p in sorted((self.base / top).rglob("*")):
                st = p.lstat()
                body = p.read_bytes() if p.is_file() and not p.is_symlink() and st.st_size < 4096 else b""
                attributes = os.listxattr(p, follow_symlinks=False)
                seen[str(p)] = (st.st_mode, st.st_uid, st.st_size, st.st_mtime_ns if not p.is_dir() else 0, body, tuple(attributes))
        return seen

    def start_victim(self):
        kw = dict(user=self.shim.uid, group=self.shim.gid, extra_groups=[]) if self.shim.foreign else {}
        secret = os.open(self.base / "out/secret", os.O_RDONLY)
        os.dup2(secret, 62)
        os.close(secret)
        self.victim = subprocess.Popen([self.programs["static"], "--victim"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       cwd=self.base / "out", pass_fds=(62,), env={"SECRET": "yes"}, **kw)
        self.address = self.victim.stdout.readline().decode().strip()

    def end_victim(self):
        self.victim.stdin.close()
        self.victim.wait()
        self.victim.stdout.close()

    def environment(self, **more):
        return dict(BYPASS_BASE=str(self.base), BYPASS_PORT_OK=str(self.ports[0]), BYPASS_PORT_BAD=str(self.ports[1]),
                    BYPASS_VICTIM=str(self.victim.pid), BYPASS_VICTIM_ADDR=self.address, BYPASS_ABSTRACT=self.abstract,
                    BYPASS_DIR_FD="60", BYPASS_FILE_FD="61", **more)

    def capabilities(self, profile):
        b = self.base
        inside = {"subpath": str(b / "in")}
        readable = {"any": [inside, {"subpath": str(b / "ro")}]}
        grant = {"read_file": {"path": readable}, "list_directory": {"path": readable}}
        grant.update({tool: {"path": inside} for tool in ("write_file", "delete_file", "create_directory")})
        if profile == "net":
            grant["connect"] = {"host": "127.0.0.1", "port": self.ports[0]}
        if profile == "exec":
            grant["run_command"] = {"program": {"one_of": [str(b / "bin" / p) for p in ("prog", "cat", "suid")]}}
        return grant


class Corpus:
    def __init__(self, options):
        self.options = options
        self.shim = (Shim.absent if options.without_shim else Shim)(options.build, options.user)
        if not self.shim.command and not options.native_only:
            raise SystemExit("no tenuo-shim in " + str(options.build))
        here = Path(options.build) / "tests/bypass"
        names = {"dynamic": "bypass-dyn", "static": "bypass-static", "escaped": "bypass-escaped", "escaped-dyn": "bypass-escaped-dyn",
                 "granted": "bypass-granted", "suid": "bypass-suid", "cat": "bypass-cat", "lib": "libbypass-lib.so",
                 "musl": "bypass-musl", "musl-static": "bypass-musl-static", "i386": "bypass-i386"}
        self.programs = {k: self.shim.stage(here / v) for k, v in names.items() if (here / v).exists()}
        self.world = World(self.shim, self.programs)
        self.routes = {v: {tuple(line.split("\t")) for line in self.shim.call([self.programs[v], "--list"]).stdout.decode().splitlines()}
                       for v in ("dynamic", "static")}
        self.warrants = {}
        self.failures = []
        self.me = "root" if self.shim.uid == 0 else "user"

    def warrant(self, profile):
        if profile not in self.warrants:
            self.world.fresh()
            self.warrants[profile] = self.shim.mint(self.world.capabilities(profile), "60m")
        return self.warrants[profile]

    def argv(self, row, variant):
        if row["route"].startswith("program:"):
            return [self.programs[row["route"][8:]], self.world.base / "out/secret"]
        return [self.programs[variant], row["route"], row["op"]]

    def variants(self, row):
        if row["route"].startswith("program:"):
            return ["static"] if row["route"][8:] in self.programs else []
        return [v for v in ("dynamic", "static") if (row["route"], row["op"]) in self.routes[v]]

    def attempt(self, row, variant, level):
        """level None: no shim.  Returns (verdict, what it said)."""
        w = self.world
        w.fresh()
        w.start_victim()
        extra = {"BYPASS_RACE_SECONDS": str(self.options.race_seconds)}
        if level is None and row["route"].startswith("race-"):
            extra.update(BYPASS_NAIVE="1", BYPASS_RACE_SECONDS="20")
        env = {**self.shim.env(), **w.environment(**extra)}
        argv = self.argv(row, variant)
        log = self.shim.dir / "log.jsonl"
        log.unlink(missing_ok=True)
        if level == 1:
            argv = self.shim.run_argv(argv, self.warrant_of[row["profile"]], level=1, log=log)
        elif level == 0:
            env.update(self.shim.preload_env(self.warrant_of[row["profile"]], log=log))
        if row["op"].endswith("-parent") and level != 1:  # a parent of the same user, as the launcher is
            env["PRELOAD"] = env.pop("LD_PRELOAD", "")
            argv = ["/bin/sh", "-c", 'LD_PRELOAD=$PRELOAD "$@"; exit $?', "sh", *argv]
        before = w.outside()
        opened = [(os.open(w.base / "out", os.O_RDONLY), 60), (os.open(w.base / "out/secret", os.O_RDONLY), 61)]
        for fd, number in opened:
            os.dup2(fd, number)
            os.close(fd)
        try:
            done = self.shim.call(argv, env=env, pass_fds=(60, 61), timeout=60)
        except subprocess.TimeoutExpired:
            return "hung", "more than 60 s"
        finally:
            w.end_victim()
        said = (done.stdout.decode(errors="replace").strip().splitlines() or [""])[-1]
        self.stderr = done.stderr.decode(errors="replace")
        verdict = VERDICT.get(done.returncode, f"exit {done.returncode}")
        if done.returncode in (-31, 159):
            verdict, said = "blocked", "blocked SIGSYS"
        if row["route"] == "program:i386" and level == 1 and done.returncode == 126:
            verdict, said = "blocked", "blocked refused by name"
        if verdict == "blocked" and w.outside() != before:
            verdict, said = "lied", "said blocked, but something outside changed"
        if verdict == "blocked" and level is not None and variant == "dynamic" and self.must_record(row) and not self.recorded(log):
            verdict, said = "unrecorded", "stopped, but the log has no denial"
        return verdict, said

    def must_record(self, row):
        return self.me in row["native"] and row["level0"].startswith("preload") and "no event" not in row["reason"]

    @staticmethod
    def recorded(log):
        """Where a libc call was refused the process saw it, so there is an event, whichever layer refused."""
        return any(e.get("decision") == "deny" for e in events(log))

    def judge(self, row):
        can = row["native"].split(",")
        cells, wrong = [], []
        variants = self.variants(row)
        if not variants:
            return ["-"], ["no program has this route here"]
        for variant in variants[:1]:
            verdict, said = self.attempt(row, variant, None)
            want = "escaped" if self.me in can else "blocked"
            cells.append(("native", variant, verdict, said))
            if verdict != want:
                wrong.append(f"without a shim: {verdict} ({said}), expected {want}")
        if self.options.native_only:
            return cells, wrong
        for level in self.options.levels:
            for variant in variants:
                want = expected(row, level, variant) if self.me in can else "blocked"
                verdict, said = self.attempt(row, variant, level)
                cells.append((f"level {level}", variant, verdict, said))
                if verdict != want:
                    wrong.append(f"level {level} {variant}: {verdict} ({said}), expected {want}" +
                                 (f"; stderr: {self.stderr.strip().splitlines()[-1]}" if self.stderr.strip() else ""))
        return cells, wrong

    def run(self):
        table = [r for r in rows(self.options.expected) if fnmatch.fnmatch(f"{r['route']} {r['op']}", self.options.only)]
        known = {(r["route"], r["op"]) for r in rows(self.options.expected)}
        for missing in sorted((self.routes["dynamic"] | self.routes["static"]) - known):
            self.failures.append((" ".join(missing), ["a route without a row in expected.tsv"]))
        self.warrant_of = {} if self.options.native_only else {p: self.warrant(p) for p in ("files", "net", "exec")}
        print(f"{'route':20} {'operation':20} {'profile':7} {'level 1':9} {'level 0':9} result")
        for row in table:
            cells, wrong = self.judge(row)
            said = "; ".join(c[3].replace("blocked ", "") for c in cells[1:]) if self.options.verbose else ""
            print(f"{row['route']:20} {row['op']:20} {row['profile']:7} {row['level1']:9} {row['level0']:9} "
                  f"{'ok' if not wrong else 'DIFFERS'} {said}", flush=True)
            for line in wrong:
                print("    " + line)
            if wrong:
                self.failures.append((f"{row['route']} {row['op']}", wrong))
        print(f"{len(table)} rows as {'root' if self.shim.uid == 0 else 'user'}, {len(self.failures)} differ")
        return 1 if self.failures else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True, help="the build folder")
    p.add_argument("--expected", default=Path(__file__).resolve().parent / "expected.tsv")
    p.add_argument("--user", help="run the attempts as this user (needs root)")
    p.add_argument("--levels", type=lambda s: [int(x) for x in s.split(",")], default=[1, 0])
    p.add_argument("--only", default="*", help="'ROUTE OP' pattern")
    p.add_argument("--race-seconds", type=float, default=2.0)
    p.add_argument("--native-only", action="store_true", help="only show that every route works without a shim")
    p.add_argument("--without-shim", action="store_true", help="pretend: every row that something must stop then differs")
    p.add_argument("--verbose", "-v", action="store_true")
    options = p.parse_args()
    if options.user and os.getuid() != 0:
        print("only root can run the corpus as another user")
        return 77
    corpus = Corpus(options)
    try:
        return corpus.run()
    finally:
        corpus.shim.close()


if __name__ == "__main__":
    sys.exit(main())
