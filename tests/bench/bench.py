#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the shim costs, as ratios to doing without it, beside the budgets.

Native, bare Landlock with the same rules, LD_PRELOAD alone (level 0) and `run --level 1` take turns within each round, so
that a busy machine is equally busy for all; what is shown is the median of the rounds' ratios.

bench.py --build DIR [--rounds N] [--quick] [--only PATTERN] [--json FILE]
"""
import argparse
import fnmatch
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "programs"))
from shim import Shim  # noqa: E402

# Landlock's bits for the rights of a plan
RIGHTS = {"exec": 0x1, "interpreter": 0x1, "write": 0x2, "read": 0x4, "list": 0x8,
          "delete": 0x30, "create": 0x40 | 0x100 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000, "mkdir": 0x80}
HANDLED = 0x3fff  # without TRUNCATE, as the launcher has it where that is faster

# name -> (level 0, level 1, level 1 beside bare Landlock); None: no budget at this level
BUDGET = {"open": (1.3, 1.5, 1.15), "stat": (1.3, 1.3, None), "program": (1.15, 1.15, None)}


class Bench:
    def __init__(self, options):
        self.o = options
        self.shim = Shim(options.build)
        here = Path(options.build) / "tests/bench"
        self.micro, self.bare, self.decide = (here / n for n in ("micro", "bare", "decide"))
        self.dir = self.shim.dir / "tree"
        self.out = {"machine": {"kernel": platform.release(), "cpus": os.cpu_count(), "load": os.getloadavg()[0]}, "rows": []}
        self.server()
        self.prepare()

    # -- the scene
    def server(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]

        def accept():
            while True:
                try:
                    self.listener.accept()[0].close()
                except OSError:
                    return
        threading.Thread(target=accept, daemon=True).start()

    def prepare(self):
        d = self.dir
        (d / "a/b/c").mkdir(parents=True)
        (d / "tmp").mkdir()
        (d / "a/b/c/file").write_text("x\n")
        env = {**self.shim.env(), "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
        many = d / "many"
        for i in range(50):
            (many / f"d{i}").mkdir(parents=True)
            for j in range(100):
                (many / f"d{i}/f{j}").write_text(f"file {i} {j}\nneedle\n" if j % 50 == 0 else f"file {i} {j}\n")
        repo = d / "repo"
        for i in range(20):
            (repo / f"d{i}").mkdir(parents=True)
            for j in range(100):
                (repo / f"d{i}/f{j}").write_text(f"{i} {j}\n")
        for c in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            subprocess.run(["git", *c], cwd=repo, env=env, check=True, stdout=subprocess.DEVNULL)
        make = d / "make"
        make.mkdir()
        (d / "h.c").write_text("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\nint f(void) { return puts(\"x\"); }\n")
        for i in range(30):
            (make / f"p{i}.c").write_text(f"#include <stdio.h>\nint p{i}(void) {{ return puts(\"{i}\"); }}\n")
        objects = " ".join(f"p{i}.o" for i in range(30))
        (make / "Makefile").write_text(f"all: {objects}\n%.o: %.c\n\tgcc -c -o $@ $<\n")
        self.npm()

    def npm(self):
        import io
        import tarfile
        app = self.dir / "app"
        app.mkdir()
        with tarfile.open(self.dir / "pkg.tgz", "w:gz") as tar:
            for name, text in {"package.json": '{"name": "pkg", "version": "1.0.0"}', **{f"f{i}.js": "1;\n" for i in range(100)}}.items():
                info = tarfile.TarInfo("package/" + name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))

    def capabilities(self):
        tree = {"path": {"subpath": str(self.dir)}}
        found = (shutil.which(p, path="/usr/bin:/bin") for p in ("true", "git", "gcc", "python3", "find", "grep", "make", "sh", "rm", "node", "env"))
        real = sorted({os.path.realpath(p) for p in found if p} | {str(self.micro)})
        readable = {"path": {"any": [{"subpath": str(self.dir)}, {"subpath": "/usr"}, {"subpath": str(self.shim.dir / "home")}]}}
        return {"read_file": readable, "list_directory": readable, "write_file": tree, "delete_file": tree,
                "run_command": {"program": {"any": [{"one_of": real}, {"subpath": "/usr/lib"}, {"subpath": "/usr/bin"}]}},  # compilers, git-core, npm
                "connect": {"host": "127.0.0.1", "port": self.port}}

    # -- one measurement
    def argv(self, mode, argv, presets=None):
        if mode == "landlock":
            return [self.bare, self.rules_file, "--", *argv]
        if mode == "level1":
            return self.shim.run_argv(argv, self.warrant, level=1, log=self.shim.dir / "log.jsonl", presets=presets, more=("--quiet",))
        return argv

    def env(self, mode):
        more = {"TMPDIR": str(self.dir / "tmp"), "npm_config_cache": str(self.dir / "npm-cache"), "npm_config_globalconfig": "/dev/null"}
        if mode == "level0":
            return self.shim.preload_env(self.warrant, **more)
        return self.shim.env(**more)

    def once(self, mode, argv, cwd=None, presets=None):
        started = time.perf_counter()
        done = self.shim.call(self.argv(mode, argv, presets), env=self.env(mode), cwd=cwd or self.dir)
        took = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"{mode}: {' '.join(map(str, argv))}: exit {done.returncode}: {done.stderr.decode()[-600:]}")
        return took, done.stdout.decode()

    def make_rules(self):
        plan = self.shim.call([self.shim.command, "plan", "--json", "--baseline", "-w", self.warrant, "--root", self.shim.issuer()[1], "--", "/bin/true"])
        if plan.returncode:
            raise SystemExit("plan: " + plan.stderr.decode())
        plan = json.loads(plan.stdout)
        rules = {}
        for r in plan["rules"] + plan.get("baseline", []):
            bits = 0
            for word in r["rights"]:
                bits |= RIGHTS.get(word, 0)
            rules[r["path"]] = rules.get(r["path"], 0) | bits
        rules["/tmp"] = rules.get("/tmp", 0) | HANDLED  # stands in for the private TMPDIR
        for trusted in (str(self.micro), "/etc/debian_version"):
            rules[trusted] = 0x5
        self.rules_file = self.shim.dir / "rules"
        self.rules_file.write_text(f"{HANDLED:x}\t-\n" + "".join(f"{bits:x}\t{path}\n" for path, bits in rules.items()))

    # -- groups
    def row(self, name, kind, samples, unit):
        native = samples["native"]
        r = {"name": name, "kind": kind, "unit": unit, "native": statistics.median(native)}
        for mode in ("landlock", "level0", "level1"):
            if mode in samples:
                r[mode] = statistics.median(x / n for x, n in zip(samples[mode], native))
        if "landlock" in samples and "level1" in samples:
            r["level1/landlock"] = statistics.median(x / n for x, n in zip(samples["level1"], samples["landlock"]))
        budget = BUDGET.get(kind, (None, None, None))
        r["budget"] = dict(zip(("level0", "level1", "level1/landlock"), budget))
        r["over"] = [k for k, b in r["budget"].items() if b and r.get(k, 0) > b]
        self.out["rows"].append(r)
        self.show(r)

    def show(self, r):
        def cell(k):
            if k not in r:
                return f"{'-':>13}"
            b = r["budget"].get(k)
            return f"{r[k]:6.2f}x" + (f"{'!' if k in r['over'] else ' '}<{b:4.2f}" if b else "      ")
        print(f"{r['name']:28} {r['native']:10.1f} {r['unit']:3} {cell('landlock')} {cell('level0')} {cell('level1')} {cell('level1/landlock')}", flush=True)

    def micros(self):
        file = self.dir / "a/b/c/file"
        for name, kind, n, target in (("open", "open", 40000, file), ("stat", "stat", 60000, file), ("connect-udp", "connect", 40000, file),
                                      ("connect-tcp", "connect", 1500, file), ("exec", "exec", 150, "/bin/true")):
            if not self.wanted(name):
                continue
            samples = {m: [] for m in ("native", "landlock", "level0", "level1")}
            for _ in range(self.o.rounds):
                for mode in samples:
                    _, text = self.once(mode, [self.micro, name, max(1, n // self.o.divide), os.path.realpath(target), self.port])
                    samples[mode].append(float(text))
            self.row({"open": "open+close", "exec": "vfork+exec+wait"}.get(name, name), kind, samples, "ns")

    def programs(self):
        """Each program is started from within a session that is already there: what a session costs to start is measured by itself."""
        npm = ("rm -rf node_modules package-lock.json; exec npm install --offline --no-audit --no-fund --no-progress "
               "--no-update-notifier ../pkg.tgz >/dev/null")
        jobs = [("git status, 2000 files", ["git", "status", "--short"], "repo", "git", 8),
                ("gcc -c", ["gcc", "-c", "h.c", "-o", "h.o"], ".", "cc", 4),
                ("python import", ["/usr/bin/python3", "-c", "import json, http.client, subprocess, ssl"], ".", "python", 3),
                ("find, 5000 files", ["find", "many", "-size", "+1k"], ".", None, 8),
                ("grep -r, 5000 files", ["/bin/sh", "-c", "exec grep -rl needle many >/dev/null"], ".", None, 4),
                ("make, 30 files", ["make", "-s", "-B", "-j2"], "make", "cc", 1),
                ("npm install", ["/bin/sh", "-c", npm], "app", "npm", 1)]
        for name, argv, cwd, presets, times in jobs:
            if not self.wanted(name) or (name.startswith("npm") and not shutil.which("npm", path="/usr/bin:/usr/local/bin")):
                continue
            samples = {m: [] for m in ("native", "landlock", "level0", "level1")}
            rounds = self.o.rounds if times > 1 else max(3, self.o.rounds // 3)
            for _ in range(rounds):
                for mode in samples:
                    (self.dir / "app/package.json").write_text('{"name": "app", "version": "1.0.0"}\n')
                    _, text = self.once(mode, [self.micro, "spawn", max(1, times // self.o.divide), *argv], self.dir / cwd, presets=presets)
                    samples[mode].append(float(text.splitlines()[-1]) / 1e6)
            self.row(name, "program", samples, "ms")

    def start(self):
        if not self.wanted("start-up"):
            return
        n = self.o.starts
        took = {m: [] for m in ("native", "level0", "level1")}
        everything, self.warrant = self.warrant, self.shim.mint({"read_file": {"path": {"subpath": str(self.dir)}}}, "60m")
        for _ in range(n):
            for mode in took:
                took[mode].append(self.once(mode, ["/bin/true"])[0] * 1000)
        native = statistics.median(took["native"])
        for mode, words, budget in (("level1", "run adds", 3.0), ("level0", "LD_PRELOAD alone adds", 2.5)):
            added = statistics.median(took[mode]) - native
            self.scalar(f"{words} (median of {n})", added, "ms", budget)
        self.warrant = everything

    def scalar(self, name, value, unit, budget):
        over = budget is not None and value > budget
        self.out["rows"].append({"name": name, "kind": "scalar", "value": value, "unit": unit, "budget": budget, "over": ["value"] if over else []})
        print(f"{name:44} {value:10.2f} {unit:4} {'!' if over else ' '}" + (f"<= {budget}" if budget is not None else ""), flush=True)

    def memories(self):
        if not self.wanted("memory"):
            return
        for mode in ("level0", "level1"):
            more = [int(self.once(mode, [self.micro, "memory", 1, "/"])[1]) - int(self.once("native", [self.micro, "memory", 1, "/"])[1])
                    for _ in range(5)]
            self.scalar(f"private memory per process, {mode}", statistics.median(more) / 1024, "KiB", 1024)

    def decisions(self):
        cases = (("Subpath", {"read_file": {"path": {"subpath": "/srv/data"}}}, "read", "/srv/data/a/b/c.txt", 0.3),
                 ("Pattern", {"read_file": {"path": {"pattern": "/srv/data/*"}}}, "read", "/srv/data/a/b/c.txt", 0.5),
                 ("UrlSafe", {"connect": {"url": {"url_safe": {"allow_domains": ["api.example.com"]}}}}, "connect", "443", 1.5))
        for name, grant, op, what, budget in cases:
            if not self.wanted("decision"):
                continue
            token = self.shim.mint(grant)
            seen = []
            for _ in range(self.o.rounds):
                done = self.shim.call([self.decide, token, self.shim.issuer()[1], op, what, 200000])
                if done.returncode:
                    print(f"decision {name}: {done.stdout.decode()} {done.stderr.decode()}")
                    break
                seen.append(float(done.stdout.split()[0]) / 1000)
            if seen:
                self.scalar(f"in-process decision, {name}", statistics.median(seen), "us", budget)

    def wanted(self, name):
        return fnmatch.fnmatch(name, self.o.only)

    def run(self):
        if not self.shim.command:
            raise SystemExit("no tenuo-shim in " + self.o.build)
        self.warrant = self.shim.mint(self.capabilities(), "60m")
        self.make_rules()
        print(f"{'':28} {'native':>14} {'bare Landlock':>13} {'level 0':>13} {'level 1':>13} {'1/Landlock':>13}   (x native, median of {self.o.rounds} rounds)")
        self.micros()
        self.programs()
        self.decisions()
        self.start()
        self.memories()
        over = [r["name"] for r in self.out["rows"] if r["over"]]
        print(f"load average {self.out['machine']['load']:.1f} at the start, {os.getloadavg()[0]:.1f} at the end; over budget: {', '.join(over) or 'nothing'}")
        if self.o.json:
            Path(self.o.json).write_text(json.dumps(self.out, indent=1) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True)
    p.add_argument("--rounds", type=int, default=15)
    p.add_argument("--starts", type=int, default=200)
    p.add_argument("--quick", action="store_true", help="few rounds: does it run at all?")
    p.add_argument("--only", default="*")
    p.add_argument("--json")
    o = p.parse_args()
    o.divide = 1
    if o.quick:
        o.rounds, o.starts, o.divide = 3, 10, 20
    bench = Bench(o)
    try:
        bench.run()
    finally:
        bench.shim.close()


if __name__ == "__main__":
    main()
