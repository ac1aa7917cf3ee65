# SPDX-License-Identifier: Apache-2.0
"""How tests reach the command: where it is, a key, warrants, and a run of something under one.

Standard library only.  Everything runs as the user a Shim was made for; for another user than our own the command is
installed into a folder that user can reach.
"""
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Shim:
    def __init__(self, build, user=None, workdir=None):
        self.build = Path(build).resolve()
        self.uid = pwd.getpwnam(user).pw_uid if user else os.getuid()
        self.gid = pwd.getpwnam(user).pw_gid if user else os.getgid()
        self.foreign = self.uid != os.getuid()
        self.dir = Path(workdir or tempfile.mkdtemp(prefix="tenuo-test-"))
        self.dir.mkdir(exist_ok=True)
        self.give(self.dir)
        self.dir.chmod(0o755)
        self.command, self.library = self._locate()
        self._issuer = None

    # -- where it is
    def _locate(self):
        for command, library in (("tools/tenuo-shim", "shim/preload/libtenuo-shim.so"), ("bin/tenuo-shim", "lib/libtenuo-shim.so")):
            if (self.build / command).exists():
                found = self.build / command, self.build / library
                return found if not self.foreign or self._reachable(found[0]) else self._install()
        return None, None

    def _reachable(self, path):
        return self.call(["/bin/sh", "-c", f'test -x "{path}"']).returncode == 0

    def _install(self):
        stage = self.dir / "installed"
        subprocess.run(["meson", "install", "-C", str(self.build), "--no-rebuild", "--quiet", "--destdir", str(stage)],
                       check=True, stdout=subprocess.DEVNULL)
        command = next(stage.rglob("bin/tenuo-shim"))
        return command, next(stage.rglob("libtenuo-shim.so"))

    def stage(self, path, name=None):
        """A program of the build where the test's user can run it, and cannot write it by any warrant of ours."""
        folder = self.dir / "programs"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        target = folder / (name or Path(path).name)
        if not target.exists():
            shutil.copy(path, target)
            target.chmod(0o755)
        return target

    def give(self, path):
        if self.uid != os.getuid():
            os.chown(path, self.uid, self.gid)
        return path

    # -- running
    def call(self, argv, env=None, capless=False, **kw):
        """As the test's user.  capless: a root user without capabilities, what `run` makes of root too."""
        if self.foreign:
            kw.update(user=self.uid, group=self.gid, extra_groups=[])
        if capless and self.uid == 0:
            if env and "LD_PRELOAD" in env:  # not for setpriv: the program itself is the launch
                env = dict(env)
                argv = ["/usr/bin/env", "LD_PRELOAD=" + env.pop("LD_PRELOAD"), *argv]
            argv = [shutil.which("setpriv", path=PATH), "--bounding-set=-all", "--inh-caps=-all", "--", *argv]
        kw.setdefault("stdin", subprocess.DEVNULL)
        kw.setdefault("timeout", 120)
        kw.setdefault("stdout", subprocess.PIPE)
        kw.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([str(a) for a in argv], env=env if env is not None else self.env(), **kw)

    def env(self, **more):
        home = self.dir / "home"
        if not home.exists():
            home.mkdir()
            self.give(home)
        return {"PATH": PATH, "HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "XDG_RUNTIME_DIR": str(self.dir / "no-runtime-dir"), **more}

    def issuer(self):
        if self._issuer is None:
            key = self.dir / "issuer.key"
            made = self.call([self.command, "keygen", "-o", key])
            if made.returncode:
                raise RuntimeError("keygen: " + made.stderr.decode())
            self._issuer = key, made.stdout.decode().strip()
        return self._issuer

    def mint(self, capabilities, ttl="10m"):
        key, public = self.issuer()
        made = self.call([self.command, "mint", "--key", key, "--holder", public, "--ttl", ttl,
                          "--capabilities", json.dumps(capabilities)])
        if made.returncode:
            raise RuntimeError(f"mint {json.dumps(capabilities)}: {made.stderr.decode()}")
        return made.stdout.decode().strip()

    def run_argv(self, argv, warrant, mode="enforce", level=None, log=None, presets=None, more=()):
        line = [self.command, "run", "-w", warrant, "--root", self.issuer()[1], "--mode", mode, *more]
        if level is not None:
            line += ["--level", str(level)]
        if log:
            line += ["--log", log]
        if presets:
            line += ["--preset", presets]
        return [*line, "--", *argv]

    def preload_env(self, warrant, mode="enforce", log=None, **more):
        env = self.env(LD_PRELOAD=str(self.library), TENUO_WARRANT=warrant, TENUO_TRUSTED_ROOTS=self.issuer()[1], TENUO_MODE=mode)
        if log:
            env["TENUO_AUDIT_LOG"] = str(log)
        return {**env, **more}

    @classmethod
    def absent(cls, build, user=None):
        """No shim at all behind the same words: what a test must fail with, or it could not fail."""
        shim = cls(build, user)
        shim.command = shim.library = "/bin/false"
        shim.mint = lambda *a, **k: "no warrant"
        shim.run_argv = lambda argv, *a, **k: argv
        shim.preload_env = lambda *a, log=None, mode=None, **more: shim.env(**more)
        return shim

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def events(log):
    """Every line must be one whole JSON object."""
    try:
        lines = Path(log).read_text().splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def denied(log, outcome):
    """The set of (op, object) whose decision is outcome (deny, would_deny)."""
    return {(e["op"], e.get("object", "") + (" -> " + e["object2"] if e.get("object2") else ""))
            for e in events(log) if e.get("type", "decision") == "decision" and e.get("decision") == outcome}
