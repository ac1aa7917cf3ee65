# SPDX-License-Identifier: Apache-2.0
"""run as a command: options, where the warrant comes from, refusals.  What a session holds is tested elsewhere."""
import json
import os
import lib
from lib import shim

WAY_OUT = ", or watch with --mode audit\n"


class Run(lib.Case):
    def setUp(self):
        super().setUp()
        self.dir = os.path.realpath(self.dir)
        os.mkdir(self.path("data"))
        self.write("data/x", "hello\n")
        self.write("secret", "secret\n")
        self.mint({"read_file": {"path": {"subpath": self.path("data")}}}, "--ttl", "10m")
        self.log = self.path("log.jsonl")

    def do(self, *args, env=None, cmd=None, root=True, warrant=True, log=True, **kw):
        args = list(args)
        if warrant:
            args = ["-w", self.path("w")] + args
        if root:
            args = ["--root", self.root()] + args
        if log:
            args = ["--log", self.log] + args
        return shim("run", *args, "--", *(cmd or ["/bin/cat", self.path("data/x")]), env=env, **kw)

    def refused(self, r, sentence):
        self.assertEqual(r.returncode, 126, r.stdout + r.stderr)
        self.assertEqual(r.stdout, "")
        self.assertEqual(r.stderr.splitlines()[-1], f"tenuo-shim run: {sentence}")

    def events(self):
        with open(self.log, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def test_runs(self):
        r = self.ok(self.do())
        self.assertEqual(r.stdout, "hello\n")

    def test_denies(self):
        r = self.do(cmd=["/bin/cat", self.path("secret")])
        self.assertEqual(r.returncode, 1)
        self.assertEqual(r.stdout, "")
        self.assertIn(f"tenuo-shim: denied read_file {self.path('secret')}: ", r.stderr)

    def test_exit_status_is_the_programs(self):
        self.assertEqual(self.do("--allow-writable-program", cmd=["/bin/sh", "-c", "exit 7"]).returncode, 7)

    def test_no_program(self):
        # a PATH without directories that this user may not search: those would make it 126
        self.assertEqual(self.do(cmd=["no-such-program-anywhere"], env={"PATH": "/usr/bin:/bin"}).returncode, 127)
        self.refused(shim("run", "-w", self.path("w")), "the command to run is missing; see tenuo-shim run --help")

    def test_first_operand_ends_the_options(self):
        r = shim("run", "--log", self.log, "-w", self.path("w"), "--root", self.root(), "/bin/cat", "--", self.path("data/x"))
        self.assertEqual(self.ok(r).stdout, "hello\n")

    # ---- where things come from
    def test_warrant_from_the_environment(self):
        token = self.read("w").strip()
        self.ok(self.do(warrant=False, env={"TENUO_WARRANT": token}))
        self.ok(self.do(warrant=False, env={"TENUO_WARRANT_FILE": self.path("w")}))
        self.ok(self.do(env={"TENUO_WARRANT": "junk"}))
        self.assertEqual(self.do(warrant=False, env={"TENUO_WARRANT": "junk", "TENUO_WARRANT_FILE": self.path("w")}).returncode, 126)

    def test_roots_from_the_environment(self):
        self.ok(self.do(root=False, env={"TENUO_TRUSTED_ROOTS": self.root()}))
        self.refused(self.do(env={"TENUO_TRUSTED_ROOTS": "junk"}, root=False), "an entry of TENUO_TRUSTED_ROOTS is neither a usable "
                     "public key (base64, base64url, hex, PEM) nor a file with one")

    def test_development_mode(self):
        env = {"TENUO_DEV_MODE": "1", "TENUO_ISSUER_KEY": self.read("issuer.key").strip()}
        r = self.ok(self.do(root=False, env=env))
        self.assertIn("development mode", r.stderr)
        r = self.do(root=False, env=env, cmd=["/bin/sh", "-c", "echo $TENUO_ISSUER_KEY$TENUO_WARRANT"])
        self.assertEqual(self.ok(r).stdout, "\n")
        self.assertEqual(self.do(root=False, env={"TENUO_ISSUER_KEY": env["TENUO_ISSUER_KEY"]}).returncode, 126)

    # ---- refusals: the sentence ends with the way out
    def test_no_warrant(self):
        self.refused(self.do(warrant=False), "there is no warrant (3002); give one with -w W or TENUO_WARRANT" + WAY_OUT.rstrip())

    def test_no_roots(self):
        self.refused(self.do(root=False), "no valid warrant: no trusted root is configured (3003); name the issuer's public key with "
                     "--root KEY or TENUO_TRUSTED_ROOTS" + WAY_OUT.rstrip())

    def test_untrusted(self):
        other = self.key("other")
        r = shim("run", "-w", self.path("w"), "--root", other, "--", "/bin/true")
        self.assertEqual(r.returncode, 126)
        self.assertTrue(r.stderr.startswith("tenuo-shim run: no valid warrant: "), r.stderr)
        self.assertTrue(r.stderr.endswith("(1406); if you trust its issuer, name that key with --root KEY" + WAY_OUT), r.stderr)

    def test_bad_tokens(self):
        token = self.read("w").strip()
        for bad in (token[:-4], token[:50] + ("A" if token[50] != "A" else "B") + token[51:], token + "AAAA"):
            r = self.do(warrant=False, env={"TENUO_WARRANT": bad})
            self.assertEqual(r.returncode, 126, bad)
            self.assertTrue(r.stderr.endswith("see tenuo-shim inspect W" + WAY_OUT), r.stderr)
            self.assertEqual(r.stdout, "")

    def test_unreadable_warrant_file(self):
        gone = self.path("gone")
        self.refused(self.do("-w", gone, warrant=False), f"no valid warrant: there is no file {gone}, and it is not a warrant itself "
                     "(3001); give one that can be read with -w W" + WAY_OUT.rstrip())

    def test_audit_goes_on_without_a_warrant_and_says_so(self):
        for mode in ("audit", "permissive"):
            r = self.ok(self.do("--mode", mode, warrant=False, cmd=["/bin/cat", self.path("secret")]))
            self.assertEqual(r.stdout, "secret\n")
            self.assertIn(f"tenuo-shim: there is no warrant; {mode} mode goes on and judges by the baseline alone\n", r.stderr)

    def test_modes(self):
        r = self.ok(self.do("--mode", "audit", cmd=["/bin/cat", self.path("secret")]))
        self.assertEqual(r.stdout, "secret\n")
        r = self.ok(self.do(env={"TENUO_MODE": "Audit"}, cmd=["/bin/cat", self.path("secret")]))
        self.assertEqual(r.stdout, "secret\n")
        self.assertEqual(self.do("--mode", "enforce", env={"TENUO_MODE": "audit"}, cmd=["/bin/cat", self.path("secret")]).returncode, 1)
        self.refused(self.do("--mode", "off"), "--mode is one of enforce, audit, permissive")
        self.refused(self.do(env={"TENUO_MODE": "off"}), "TENUO_MODE is one of enforce, audit, permissive")

    def test_levels(self):
        for level in ("0", "1"):
            self.assertEqual(self.do("--level", level, cmd=["/bin/cat", self.path("secret")]).returncode, 1, level)
        for level in ("2", "3"):
            self.refused(self.do("--level", level), f"--level {level} is not in this version yet; --level 1 is the strongest there is")
        self.refused(self.do("--level", "x"), "--level is one of 0, 1")
        self.refused(self.do("--level", "1", "--mode", "audit"),
                     "--level is for --mode enforce; --observe says how audit and permissive watch")

    def test_observe(self):
        self.ok(self.do("--mode", "audit", "--observe", "preload"))
        self.refused(self.do("--mode", "audit", "--observe", "all"), "--observe all is not in this version yet; --observe preload is there")
        self.refused(self.do("--observe", "preload"), "--observe is for --mode audit and permissive; --level says how enforce holds")

    # ---- options
    def test_log(self):
        self.ok(self.do())
        self.assertEqual(self.events()[0]["type"], "session.start")
        self.assertEqual(self.events()[-1]["type"], "session.end")
        self.assertEqual(os.stat(self.log).st_mode & 0o777, 0o600)
        other = self.path("other.jsonl")
        self.ok(self.do(log=False, env={"TENUO_AUDIT_LOG": other}))
        self.assertTrue(os.path.exists(other))
        for name in ("syslog", "journal"):
            self.refused(self.do("--log", name, log=False), f"the log {name} is not in this version yet; a path, stderr or fd:N is")
        self.assertEqual(self.do("--log", self.path("no", "such", "log"), log=False).returncode, 126)
        self.refused(self.do("--log", "x"), "--log is given twice")

    def test_log_level(self):
        self.ok(self.do("--log-level", "default"))
        few = len(self.events())
        os.unlink(self.log)
        self.ok(self.do("--log-level", "all"))
        self.assertGreater(len(self.events()), few)
        self.refused(self.do("--log-level", "chatty"), "--log-level is one of default, all")

    def test_quiet(self):
        r = self.do("--quiet", cmd=["/bin/cat", self.path("secret")])
        self.assertEqual(r.returncode, 1)
        self.assertNotIn("denied read_file", r.stderr)

    def test_tmpdir(self):
        own = self.ok(self.do(cmd=["/bin/sh", "-c", "echo $TMPDIR"], env={"TMPDIR": self.dir})).stdout
        self.assertNotEqual(own.strip(), self.dir)
        kept = self.ok(self.do("--tmpdir", "keep", cmd=["/bin/sh", "-c", "echo $TMPDIR"], env={"TMPDIR": self.dir})).stdout
        self.assertEqual(kept.strip(), self.dir)
        self.refused(self.do("--tmpdir", "/x"), "--tmpdir is one of keep")

    def test_keep_fd(self):
        r, w = os.pipe()
        try:
            cmd = ["/bin/sh", "-c", f"echo kept >&{w}"]
            self.assertNotEqual(self.do(cmd=cmd, pass_fds=[w]).returncode, 0)
            self.ok(self.do("--keep-fd", str(w), cmd=cmd, pass_fds=[w]))
            self.assertEqual(os.read(r, 100), b"kept\n")
        finally:
            os.close(r)
            os.close(w)
        self.refused(self.do("--keep-fd", "x"), "--keep-fd is the number of a descriptor")

    def test_cwd_and_app(self):
        self.write("here", "here\n")
        cmd = ["/bin/cat", self.path("here")]
        self.assertEqual(self.do(cmd=cmd, cwd=self.dir).returncode, 1)
        os.mkdir(self.path("proj"))
        self.write("proj/f", "f\n")
        self.assertEqual(self.do(cmd=["/bin/cat", "f"], cwd=self.path("proj")).returncode, 1)
        self.assertEqual(self.ok(self.do("--cwd", cmd=["/bin/cat", "f"], cwd=self.path("proj"))).stdout, "f\n")
        self.assertEqual(self.ok(self.do("--app", self.path("proj"), cmd=["/bin/cat", self.path("proj/f")])).stdout, "f\n")

    def test_missing_roots(self):
        self.mint({"read_file": {"path": {"subpath": self.path("later")}}}, name="m")

        def go(*more):
            return self.do("-w", self.path("m"), *more, warrant=False, cmd=["/bin/true"])
        r = go()
        self.assertEqual(r.returncode, 126)
        self.assertIn(self.path("later"), r.stderr)
        self.ok(go("--allow-missing-roots"))
        self.assertFalse(os.path.exists(self.path("later")))
        self.ok(go("--create-roots"))
        self.assertTrue(os.path.isdir(self.path("later")))

    def test_writable_program(self):
        self.mint({"write_file": {"path": {"subpath": self.path("data")}}, "read_file": {"path": {"subpath": self.path("data")}}}, name="rw")
        prog = self.path("data", "prog")
        with open("/bin/true", "rb") as f:
            self.write("data/prog", f.read(), 0o755)
        r = self.do("-w", self.path("rw"), warrant=False, cmd=[prog])
        self.assertEqual(r.returncode, 126, r.stderr)
        self.ok(self.do("-w", self.path("rw"), "--allow-writable-program", warrant=False, cmd=[prog]))

    def test_warrant_may_not_let_the_session_write_its_own_warrant_or_log(self):
        self.mint({"write_file": {"path": {"subpath": self.dir}}, "read_file": {"path": {"subpath": self.dir}}}, name="wide")
        r = self.do("-w", self.path("wide"), warrant=False)
        self.assertEqual(r.returncode, 126, r.stderr)

    def test_policy_and_preset(self):
        bad = self.write("bad.json", '{"no_such_key": 1}')
        for r in (self.do("--policy", bad), self.do(env={"TENUO_POLICY": bad})):
            self.assertEqual(r.returncode, 126)
            self.assertIn("no_such_key", r.stderr)
        self.ok(self.do("--preset", "git,python"))
        self.assertEqual(self.do("--preset", "nonsense").returncode, 126)

    def test_on_exit(self):
        for how in ("keep", "kill", "wait"):
            self.ok(self.do("--on-exit", how))
        self.refused(self.do("--on-exit", "never"), "--on-exit is one of keep, kill, wait")

    def test_json_refusal(self):
        r = self.do("--json", root=False)
        self.assertEqual(r.returncode, 126)
        self.assertEqual(json.loads(r.stdout)["error"]["code"], 3003)

    def test_option_errors_refuse_too(self):
        self.refused(self.do("--levle", "1"), "there is no option --levle; did you mean --level?")


if __name__ == "__main__":
    lib.main()
