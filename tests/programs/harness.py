#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real programs doing real work, with and without the shim.

Each file in cases/ describes one program: what to prepare, what to run, a tight warrant, and the exact list of
operations that this warrant must refuse.  For each program:

  native    without the shim (root: without capabilities, as `run` makes it)
  wide      under a wide-open warrant, at level 1 and with LD_PRELOAD alone: same output, same exit, same files as native
  tight     under the tight warrant in enforce: the allowed part prints what it printed natively, the refused part what the
            case says, and the denials in the log are exactly the listed (operation, object) pairs
  audit     the tight warrant in audit: behaves as native, and would_deny is the same set that enforce denied

harness.py --build DIR [--user NAME] [--only CASE]
"""
import argparse
import difflib
import hashlib
import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from shim import Shim, denied  # noqa: E402

HERE = Path(__file__).resolve().parent
MARK = "-- from here on things that the tight warrant refuses --"
WIDE = {"*": {}, "run_command": {"program": {"subpath": "/"}}}


class Case:
    """What a file in cases/ fills in; strings may hold {work} {out} {home} {job} and what prepare() adds to names."""
    needs = ()            # programs that must be installed
    argv = ()             # the command
    script = None         # its text, as (file name, text): written into job/, which nobody may write, or data beside the work
    script_in = "job"
    grant = {}            # the tight warrant
    presets = None
    denied = ()           # exactly these (operation, object)
    tight_output = ()     # lines after the mark under the tight warrant, None: not compared
    tight_exit = 0
    goes_on = True        # does it go on after a denial as if nothing was, so that the audit's set must be the same?
    static = False        # the preload never sees it: denials are errno only, nothing is in the log
    modes = ("native", "wide", "wide-preload", "tight", "audit")
    ignore = ()           # patterns of output that differ from run to run
    ignore_files = ()
    timeout = 120
    env = {}

    def prepare(self, t):
        pass


class Failure(Exception):
    pass


def load(name):
    spec = importlib.util.spec_from_file_location("case_" + name, HERE / "cases" / (name + ".py"))
    module = importlib.util.module_from_spec(spec)
    module.Case, module.MARK = Case, MARK
    spec.loader.exec_module(module)
    found = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Case) and v is not Case]
    return found[0]()


class Trial:
    """One case as one user: the folders, the runs, the comparisons."""

    def __init__(self, shim, case):
        self.shim, self.case = shim, case
        self.work, self.out, self.home, self.job = (shim.dir / d for d in ("work", "out", "home", "job"))
        self.log = shim.dir / "log.jsonl"
        self.names = {"work": str(self.work), "out": str(self.out), "home": str(self.home), "job": str(self.job), "mark": MARK}
        self.wrong = []

    def fill(self, value):
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda m: str(self.names.get(m[1], m[0])), value)
        if isinstance(value, dict):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.fill(v) for v in value]
        return value

    def fresh(self):
        for d in (self.work, self.out, self.home, self.job):
            shutil.rmtree(d, ignore_errors=True)
            d.mkdir()
        (self.out / "secret").write_text("the secret\n")
        (self.out / "victim").write_text("do not touch\n")
        (self.out / "dir").mkdir()
        self.case.prepare(self)
        if self.case.script:
            name, text = self.case.script
            path = self.shim.dir / self.case.script_in / name
            path.write_text(self.fill(text))
            path.chmod(0o755)
        if self.shim.foreign:
            for d in (self.work, self.out, self.home):
                for p in (d, *d.rglob("*")):
                    os.lchown(p, self.shim.uid, self.shim.gid)

    def files(self):
        """What the run left behind."""
        seen = {}
        for top in (self.work, self.out):
            for p in sorted(top.rglob("*")):
                name = str(p.relative_to(self.shim.dir))
                if any(re.search(i, name) for i in self.case.ignore_files):
                    continue
                if p.is_symlink():
                    seen[name] = "-> " + os.readlink(p)
                elif p.is_file():
                    seen[name] = f"{p.stat().st_mode & 0o7777:o} " + hashlib.sha256(p.read_bytes()).hexdigest()[:16]
                else:
                    seen[name] = "dir"
        return seen

    def run(self, mode):
        self.fresh()
        self.log.unlink(missing_ok=True)
        argv = self.fill(list(self.case.argv))
        env = self.shim.env(**self.fill(self.case.env))
        if mode.startswith("wide"):
            warrant = self.shim.mint(WIDE)
        elif mode != "native":
            warrant = self.shim.mint(self.fill(self.case.grant))
        if mode == "wide":
            argv = self.shim.run_argv(argv, warrant, level=1, log=self.log, more=("--quiet", "--allow-writable-program"))
        elif mode == "wide-preload":
            env.update(self.shim.preload_env(warrant, log=self.log, **self.fill(self.case.env)))
        elif mode == "tight":
            argv = self.shim.run_argv(argv, warrant, level=1, log=self.log, presets=self.case.presets, more=("--quiet",))
        elif mode == "audit":
            argv = self.shim.run_argv(argv, warrant, mode="audit", log=self.log, presets=self.case.presets,
                                      more=("--observe", "preload", "--quiet"))
        done = self.shim.call(argv, env=env, capless=mode in ("native", "wide-preload"), cwd=self.work, timeout=self.case.timeout)
        return done.returncode, self.clean(done.stdout), self.clean(done.stderr), self.files()

    def clean(self, raw):
        text = raw.decode(errors="backslashreplace")
        for pattern in self.case.ignore:
            text = re.sub(pattern, "~", text)
        return text.splitlines()

    # -- comparisons
    def differ(self, what, want, got):
        if want == got:
            return
        if isinstance(want, list):
            lines = [x for x in difflib.unified_diff(want, got, "expected", "seen", lineterm="", n=1)][2:24]
            self.wrong.append(what + ":\n      " + "\n      ".join(lines))
        elif isinstance(want, dict):
            keys = [k for k in sorted(set(want) | set(got)) if want.get(k) != got.get(k)]
            self.wrong.append(what + ": " + "; ".join(f"{k}: expected {want.get(k)}, seen {got.get(k)}" for k in keys[:8]))
        else:
            self.wrong.append(f"{what}: expected {want}, seen {got}")

    @staticmethod
    def before_mark(lines):
        return lines[:lines.index(MARK)] if MARK in lines else lines

    @staticmethod
    def after_mark(lines):
        return lines[lines.index(MARK) + 1:] if MARK in lines else []

    def same_as_native(self, mode, native, seen):
        self.differ(f"{mode}: exit", native[0], seen[0])
        self.differ(f"{mode}: stdout", native[1], seen[1])
        self.differ(f"{mode}: stderr", native[2], [x for x in seen[2] if not x.startswith("tenuo-shim: ")])
        self.differ(f"{mode}: files", native[3], seen[3])
        for line in seen[2]:
            if "denied" in line and line.startswith("tenuo-shim: "):
                self.wrong.append(f"{mode}: {line}")

    def same_set(self, what, want, got):
        want, got = set(want), set(got)
        for op, obj in sorted(want - got):
            self.wrong.append(f"{what}: missing: {op} {obj}")
        for op, obj in sorted(got - want):
            self.wrong.append(f"{what}: not listed: {op} {obj}")

    def judge(self):
        case = self.case
        results = {}
        for mode in case.modes:
            results[mode] = self.run(mode)
            listed = {tuple(self.fill(d)) for d in case.denied} if not case.static else set()
            native = results["native"]
            if mode == "native":
                if native[0] != 0 or (case.denied and MARK not in native[1]):
                    raise Failure(f"the case itself does not work without the shim: exit {native[0]}\n" + "\n".join(native[1] + native[2]))
                if len(self.before_mark(native[1])) < 2:
                    raise Failure("the case prints nothing that could be compared")
            elif mode.startswith("wide"):
                self.same_as_native(mode, native, results[mode])
                self.same_set(f"{mode}: denials", set(), denied(self.log, "deny"))
            elif mode == "tight":
                seen = results[mode]
                self.differ("tight: exit", case.tight_exit, seen[0])
                self.differ("tight: the allowed part", self.before_mark(native[1]), self.before_mark(seen[1]))
                if case.tight_output is not None:
                    self.differ("tight: the refused part", self.fill(list(case.tight_output)), self.after_mark(seen[1]))
                self.same_set("tight: denials", listed, denied(self.log, "deny"))
            elif mode == "audit":
                self.same_as_native(mode, native, results[mode])
                self.same_set("audit: would be denied", listed if case.goes_on else set(), denied(self.log, "would_deny"))
                self.same_set("audit: denials", set(), denied(self.log, "deny"))
        if self.wrong and results.get("tight"):
            self.wrong.append("stderr of the tight run:\n      " + "\n      ".join(results["tight"][2][:12]))
        return self.wrong


def cases():
    return sorted(p.stem for p in (HERE / "cases").glob("*.py"))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True)
    p.add_argument("--user", help="run as this user (needs root)")
    p.add_argument("--only", action="append", choices=cases())
    p.add_argument("--native-only", action="store_true", help="only check the cases themselves")
    p.add_argument("--modes", type=lambda v: v.split(","), help="only these of wide, wide-preload, tight, audit")
    p.add_argument("--without-shim", action="store_true", help="pretend: every case with a denial must then fail")
    p.add_argument("--keep", action="store_true", help="leave the last case's folder")
    options = p.parse_args()
    if options.user and os.getuid() != 0:
        print("only root can run the programs as another user")
        return 77
    bad = 0
    for name in options.only or cases():
        case = load(name)
        missing = [n for n in case.needs if not shutil.which(n, path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/local/go/bin")]
        if missing:
            print(f"{name}: not installed: {' '.join(missing)}")
            bad += 1
            continue
        shim = (Shim.absent if options.without_shim else Shim)(options.build, options.user)
        try:
            if options.native_only:
                case.modes = ("native",)
            elif options.modes:
                case.modes = [m for m in case.modes if m in ["native", *options.modes]]
            elif not shim.command:
                raise Failure("no tenuo-shim in " + options.build)
            wrong = Trial(shim, case).judge()
        except Failure as e:
            wrong = [str(e)]
        finally:
            if options.keep:
                print("kept:", shim.dir)
            else:
                shim.close()
        print(f"{name}: {'ok' if not wrong else 'FAILED'}", flush=True)
        for line in wrong:
            print("    " + line)
        bad += bool(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
