# SPDX-License-Identifier: Apache-2.0
"""explain: may it, why, and what instead."""
import json
import os
import lib
from lib import shim


class Explain(lib.Case):
    def setUp(self):
        super().setUp()
        self.dir = os.path.realpath(self.dir)
        os.mkdir(self.path("data"))
        self.write("data/x", "x")
        self.write("secret", "x")
        os.symlink(self.path("secret"), self.path("data/out"))
        self.caps = {"read_file": {"path": {"subpath": self.path("data")}}, "connect": {"host": "api.example.com", "port": 443},
                     "run_command": {"command": {"shlex": ["ls", "git"]}}, "search": {"query": {"pattern": "*"}}}
        self.mint(self.caps)

    def do(self, *args, **kw):
        return shim("explain", "-w", self.path("w"), "--root", self.root(), *args, **kw)

    def answer(self, code, *args):
        doc = json.loads(self.ok(self.do("--json", *args), code).stdout)
        self.assertEqual(doc["verdict"], "deny" if code else "allow")
        return doc

    def test_tool_calls(self):
        self.answer(0, "--tool", "read_file", "--args", json.dumps({"path": self.path("data/x")}))
        doc = self.answer(2, "--tool", "read_file", "--args", '{"path": "/etc/shadow"}')
        self.assertEqual((doc["code"], doc["tool"], doc["arg"]), (1501, "read_file", "path"))
        self.assertEqual(doc["constraint"]["subpath"] if isinstance(doc["constraint"]["subpath"], str) else
                         doc["constraint"]["subpath"]["root"], self.path("data"))
        self.assertEqual(doc["nearest"], f"subpath {self.path('data')}")
        doc = self.answer(2, "--tool", "read_file")
        self.assertEqual(doc["code"], 1501)
        doc = self.answer(2, "--tool", "write_file", "--args", "{}")
        self.assertEqual(doc["code"], 1500)
        self.assertEqual(doc["nearest"], "connect, read_file, run_command, search")

    def test_args_must_be_an_object(self):
        self.says(self.do("--tool", "x", "--args", "[]"), 1, "explain: --args is not a JSON object")
        self.assertEqual(self.do("--tool", "x", "--args", '{"a": 1, "a": 2}').returncode, 1)
        self.says(self.do("--op", "read", "--args", "{}", "/x"), 1, "explain: --args belongs to --tool")

    def test_read(self):
        doc = self.answer(0, "--op", "read", self.path("data/x"))
        self.assertEqual((doc["op"], doc["tool"], doc["object"]), ("read", "read_file", self.path("data/x")))
        self.assertEqual(doc["layer"], "kernel (Landlock)")
        doc = self.answer(2, "--op", "read", self.path("secret"))
        self.assertEqual((doc["op"], doc["code"], doc["tool"]), ("read", 1501, "read_file"))
        self.assertIn(self.path("data"), doc["nearest"])
        self.assertTrue(json.loads(doc["capability"]))

    def test_the_object_decides_not_the_name(self):
        doc = self.answer(2, "--op", "read", self.path("data/out"))
        self.assertEqual(doc["object"], self.path("secret"))
        self.answer(2, "--op", "read", self.path("data/../secret"))
        r = shim("explain", "-w", self.path("w"), "--root", self.root(), "--op", "read", "data/./x", cwd=self.dir)
        self.ok(r)

    def test_text(self):
        r = self.ok(self.do("--op", "read", "/etc/shadow"), 2)
        self.assertTrue(r.stdout.startswith("denied read_file /etc/shadow\nbecause "), r.stdout)
        self.assertIn("(1501 constraint-violation)\n", r.stdout)
        self.assertRegex(r.stdout, r"\ninstead +\S*" + self.path("data"))
        self.assertRegex(r.stdout, r"\nwarrant +tnu_wrt_[0-9a-f]{32}, \d+ min left\n")
        r = self.ok(self.do("--op", "read", "data/x", cwd=self.dir))
        self.assertTrue(r.stdout.startswith(f"allowed read_file {self.path('data/x')}\n"), r.stdout)

    def test_baseline_says_its_row(self):
        doc = self.answer(0, "--op", "read", "/etc/nsswitch.conf" if os.path.exists("/etc/nsswitch.conf") else "/etc/passwd")
        self.assertEqual(doc["baseline"], "B1")

    def test_every_kind_of_file_operation_is_denied_outside(self):
        for kind in ("read", "list", "create", "write", "append", "mkdir", "delete"):
            self.assertEqual(self.answer(2, "--op", kind, self.path("elsewhere"))["op"], kind)
        for kind in ("rename", "link"):
            doc = self.answer(2, "--op", kind, self.path("secret"), self.path("new"))
            self.assertEqual((doc["object"], doc["object2"]), (self.path("secret"), self.path("new")))
        self.answer(2, "--op", "metadata", self.path("secret"))
        self.answer(2, "--op", "unix", "/run/some.sock")

    def test_exec(self):
        self.answer(0, "--op", "exec", "ls -la")
        self.answer(0, "--op", "exec", "--", "ls", "-la")
        doc = self.answer(2, "--op", "exec", "rm -rf /")
        self.assertEqual((doc["tool"], doc["object"]), ("run_command", "rm -rf /"))
        self.says(self.do("--op", "exec", "no-such-program-anywhere"), 1, "explain: there is no program no-such-program-anywhere in PATH")

    def test_connect(self):
        self.answer(0, "--op", "connect", "https://api.example.com/some/path")
        self.answer(0, "--op", "connect", "API.example.com:443")
        self.answer(2, "--op", "connect", "http://api.example.com/")
        self.answer(2, "--op", "connect", "https://evil.example/")
        self.answer(2, "--op", "connect", "https://api.example.com@evil.example/")
        doc = self.answer(2, "--op", "connect", "[::1]:443")
        self.assertEqual(doc["layer"], "preload only")
        self.assertEqual(doc["object"], "[::1]:443")
        self.answer(2, "--op", "listen", "0.0.0.0:80")
        self.answer(0, "--op", "resolve", "api.example.com")
        self.answer(2, "--op", "resolve", "evil.example")
        self.says(self.do("--op", "connect", "example.com"), 1, "explain: example.com names no port")
        self.says(self.do("--op", "connect", "example.com:0"), 1, "explain: 0 is not a port")
        self.says(self.do("--op", "listen", "localhost:80"), 1, "explain: localhost is not an address; listen takes ADDRESS:PORT")

    def test_bad_questions(self):
        self.says(self.do(), 1, "explain: either --tool TOOL or --op KIND is needed; see tenuo-shim explain --help")
        self.says(self.do("--tool", "x", "--op", "read"), 1,
                  "explain: either --tool TOOL or --op KIND is needed; see tenuo-shim explain --help")
        self.assertEqual(self.do("--op", "fly", "/x").returncode, 1)
        self.says(self.do("--op", "read"), 1, "explain: the path is missing; see tenuo-shim explain --help")
        self.says(self.do("--op", "read", ""), 1, "explain: the path is empty")
        self.says(self.do("--op", "read", "/" + "a" * 5000), 1, "explain: the path is longer than 4095 bytes")
        r = self.do("--json", "--op", "read", b"/tmp/\xff\xfe")
        self.assertEqual(r.returncode, 2)
        json.loads(r.stdout)

    def test_expired(self):
        doc = self.answer(2, "--now", "4000000000", "--op", "read", self.path("data/x"))
        self.assertEqual(doc["code"], 1300)

    def test_untrusted(self):
        other = self.key("other")
        r = self.ok(shim("explain", "--json", "-w", self.path("w"), "--root", other, "--tool", "ping"), 2)
        self.assertEqual(json.loads(r.stdout)["code"], 1406)

    def test_without_roots_it_says_what_it_assumes(self):
        r = self.ok(shim("explain", "--json", "-w", self.path("w"), "--op", "read", self.path("data/x")))
        self.assertEqual(json.loads(r.stdout)["caveat"],
                         "no trusted root is configured (--root): this holds only if the warrant's issuer is one")

    def test_policy_and_preset(self):
        policy = self.write("policy.json", '{"extends": "default", "extends": "none"}')
        r = self.do("--policy", policy, "--op", "read", "/x")
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.startswith(f"tenuo-shim explain: the policy file {policy}: "), r.stderr)
        r = self.do("--op", "read", "/x", env={"TENUO_POLICY": policy})
        self.assertEqual(r.returncode, 1)
        self.assertEqual(self.do("--preset", "git", "--op", "read", self.path("data/x")).returncode, 0)
        r = self.do("--preset", "nonsense", "--op", "read", "/x")
        self.assertEqual(r.returncode, 1)
        self.assertIn("git", r.stderr)

    def test_mode_is_told(self):
        self.assertEqual(json.loads(self.do("--json", "--op", "read", "/etc/shadow", env={"TENUO_MODE": "AUDIT"}).stdout)["mode"], "audit")
        self.says(self.do("--op", "read", "/x", env={"TENUO_MODE": "off"}), 1,
                  "explain: TENUO_MODE is one of enforce, audit, permissive")


if __name__ == "__main__":
    lib.main()
