#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs with bad manners (helpers/odd.c), and programs the preload cannot be in.

Under a wide-open warrant each behaves as without the shim; under a tight one exactly the refused lines differ; none ever
dies of a signal, and nothing the shim says lands in a file of the program.
"""
import argparse
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from shim import Shim, denied, events  # noqa: E402
from harness import WIDE  # noqa: E402

# what changes under the tight warrant: line of the native output -> line under the shim
TIGHT = {
    "close-all": {},
    "file-on-stderr": {"secret: ok": "secret: EACCES"},
    "new-environment": {"secret: ok": "secret: EACCES"},
    "set-environment": {"secret: ok": "secret: EACCES"},
    "secret": {"secret: ok": "secret: EACCES"},
    "chdir": {"secret: ok": "secret: EACCES", "out: ok": "out: EACCES"},
    "deleted-directory": {},
    "chroot": {},
    "children": {"200 children: 200 read, 0 refused": "200 children: 200 read, 200 refused"},
    "paths": {},
    "not-utf8": None,  # the same, or refused with a sentence: see below
    # the program is looked at before its arguments, by the kernel too
    "bad-pointers": {f"execve {w}: EFAULT": ("execve %s: EFAULT" % w, "execve %s: EACCES" % w) for w in ("argv", "argv word", "envp")},
    "bad-addresses": {"unterminated: ENOENT": ("unterminated: ENOENT", "unterminated: EACCES")},
    "no-arguments": {},
    "small-stack": {},
    "signal-handlers": {},
    "no-descriptors": {},
    "vfork": {},
    "exec-errors": {},
}


class Bad:
    def __init__(self, options):
        self.shim = Shim(options.build, options.user)
        here = Path(options.build) / "tests/programs"
        other = Path(options.build) / "tests/bypass"
        self.odd = self.shim.stage(here / "odd")
        self.odd_static = self.shim.stage(here / "odd-static")
        self.tiny = {k: self.shim.stage(other / f"bypass-{k}") for k in ("musl", "musl-static", "i386") if (other / f"bypass-{k}").exists()}
        self.work, self.out = self.shim.dir / "work", self.shim.dir / "out"
        self.log = self.shim.dir / "log.jsonl"
        self.levels = options.levels
        self.wrong = []

    def fresh(self):
        for d in (self.work, self.out):
            shutil.rmtree(d, ignore_errors=True)
            d.mkdir()
        (self.work / "file").write_text("some text\n")
        (self.out / "secret").write_text("SECRET\n")
        self.log.unlink(missing_ok=True)
        for p in (self.work, self.out, self.work / "file", self.out / "secret"):
            self.shim.give(p)

    def tight(self):
        w = {"path": {"subpath": str(self.work)}}
        return self.shim.mint({"read_file": w, "list_directory": w, "write_file": w, "delete_file": w})

    def run(self, how, argv):
        """how: native, level1, preload + warrant"""
        self.fresh()
        env, capless = None, True
        if how[0] == "level1":
            argv, capless = self.shim.run_argv(argv, how[1], level=1, log=self.log, more=("--allow-writable-program",)), False
        elif how[0] == "preload":
            env = self.shim.preload_env(how[1], log=self.log)
        done = self.shim.call(argv, env=env, capless=capless, cwd=self.work)
        files = {p.name: p.read_text(errors="replace") for p in self.work.iterdir() if p.is_file() and not p.is_symlink()}
        return done.returncode, done.stdout.decode(errors="replace").splitlines(), files, done.stderr.decode(errors="replace")

    def check(self, what, want, got, stderr):
        if want != got:
            self.wrong.append(f"{what}: expected {want!r}, seen {got!r}" + ("\n        " + stderr.strip()[-300:] if stderr.strip() else ""))

    def odd_mode(self, mode, levels):
        native = self.run(("native",), [self.odd, mode, self.work, self.out])
        if native[0] != 0:
            self.wrong.append(f"{mode}: does not work without the shim: exit {native[0]} {native[3]}")
            return
        wide, tight = self.shim.mint(WIDE), self.tight()
        for level in levels:
            seen = self.run((level, wide), [self.odd, mode, self.work, self.out])
            for i, part in enumerate(("exit", "output", "files")):
                self.check(f"{mode}, wide, {level}: {part}", native[i], seen[i], seen[3])
            seen = self.run((level, tight), [self.odd, mode, self.work, self.out])
            self.check(f"{mode}, tight, {level}: exit", 0, seen[0], seen[3])
            if TIGHT[mode] is None:
                same = seen[1] == native[1]
                if not same and "tenuo-shim: denied" not in seen[3]:
                    self.wrong.append(f"{mode}, tight, {level}: neither the same nor refused with a sentence: {seen[1]} {seen[3]}")
                continue
            want = self.tight_output(mode, native[1], seen[1])
            self.check(f"{mode}, tight, {level}: output", want, seen[1], seen[3])
            files = dict(native[2])
            if mode == "close-all":
                files["report"] = files["report"].replace("secret: ok", "secret: EACCES")
            self.check(f"{mode}, tight, {level}: files", files, seen[2], seen[3])
            try:
                events(self.log)
            except ValueError as e:
                self.wrong.append(f"{mode}, {level}: a line of the log is not whole: {e}")
            if any(k.startswith("secret: ok") for k in TIGHT[mode]) and ("read", str(self.out / "secret")) not in denied(self.log, "deny"):
                self.wrong.append(f"{mode}, {level}: no event for the refused secret")

    @staticmethod
    def tight_output(mode, native, seen):
        """Each native line as the tight warrant leaves it; of several right answers the one that was given."""
        want = [TIGHT[mode].get(line, line) for line in native]
        return [(w if isinstance(w, str) else seen[i] if i < len(seen) and seen[i] in w else w[0]) for i, w in enumerate(want)]

    def static(self):
        for mode in ("secret", "children", "chdir", "paths"):
            native = self.run(("native",), [self.odd_static, mode, self.work, self.out])
            want = {"level1": [TIGHT[mode].get(line, line) for line in native[1]], "preload": native[1]}  # the preload is not in it
            for level in self.levels:
                seen = self.run((level, self.tight()), [self.odd_static, mode, self.work, self.out])
                self.check(f"static {mode}, {level}", (0, want[level]), seen[:2], seen[3])

    def foreign(self):
        for name, program in self.tiny.items():
            argv = [program, self.work / "file"]
            native = self.run(("native",), argv)
            seen = self.run(("preload", self.tight()), argv)
            self.check(f"{name}, preload alone", native[:2], seen[:2], seen[3])
            if "level1" not in self.levels:
                continue
            seen = self.run(("level1", self.tight()), argv)
            if name == "i386":
                clear = seen[0] == 126 and "32-bit" in seen[3]
                if not clear:
                    self.wrong.append(f"i386, level 1: expected a refusal (126) that says 32-bit, seen exit {seen[0]}: {seen[3].strip()[-300:]}")
                continue
            self.check(f"{name}, level 1", native[:2], seen[:2], seen[3])

    def setuid(self):
        if os.getuid() != 0 or not self.shim.foreign:
            return
        program = self.shim.stage(self.odd, "odd-setuid")
        os.chown(program, 0, 0)
        program.chmod(0o4755)
        argv = [program, "secret", self.work, self.out]
        native = self.run(("native",), argv)
        seen = self.run(("preload", self.tight()), argv)
        self.check("setuid, preload alone: the loader ignores it", native[:2], seen[:2], seen[3])
        if "level1" not in self.levels:
            return
        seen = self.run(("level1", self.tight()), argv)
        if seen[0] == 126:
            self.check("setuid, level 1: a sentence", True, "setuid" in seen[3] or "set-user" in seen[3], seen[3])
            return
        self.check("setuid, level 1: held, and gains nothing", (0, ["secret: EACCES", "file: ok"]), seen[:2], seen[3])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True)
    p.add_argument("--user")
    p.add_argument("--only", default=None)
    p.add_argument("--levels", type=lambda v: v.split(","), default=["level1", "preload"])
    p.add_argument("--native-only", action="store_true")
    options = p.parse_args()
    if options.user and os.getuid() != 0:
        print("only root can run this as another user")
        return 77
    bad = Bad(options)
    try:
        if options.native_only:
            for mode in TIGHT:
                r = bad.run(("native",), [bad.odd, mode, bad.work, bad.out])
                print(mode, r[0], r[1], {k: v for k, v in r[2].items() if k != "file"}, r[3])
                if r[0]:
                    bad.wrong.append(mode)
            return 1 if bad.wrong else 0
        if not bad.shim.command:
            raise SystemExit("no tenuo-shim in " + options.build)
        for mode in TIGHT:
            if options.only in (None, mode):
                bad.odd_mode(mode, bad.levels)
        if options.only in (None, "programs"):
            bad.static()
            bad.foreign()
            bad.setuid()
        for line in bad.wrong:
            print(line)
        print(f"{len(TIGHT)} manners and {len(bad.tiny) + 2} kinds of program, {len(bad.wrong)} wrong")
        return 1 if bad.wrong else 0
    finally:
        bad.shim.close()


if __name__ == "__main__":
    sys.exit(main())
