# SPDX-License-Identifier: Apache-2.0
"""mint: files, forms of keys, lifetimes, capabilities."""
import base64
import json
import os
import stat
import lib
from lib import shim

CAPS = '{"read_file": {"path": {"subpath": "/data"}}}'


class Mint(lib.Case):
    def setUp(self):
        super().setUp()
        self.write("issuer.pub", self.key("issuer") + "\n")
        self.write("holder.pub", self.key("holder") + "\n")

    def do(self, *more, key=None, holder=None, caps=CAPS, env=None, stdin="", **kw):
        args = ["--holder", holder or self.path("holder.pub"), "--capabilities", caps]
        if key != "":
            args += ["--key", key or self.path("issuer.key")]
        return shim("mint", *args, *more, env=env, stdin=stdin, **kw)

    def leaf(self, token):
        return json.loads(self.ok(shim("inspect", "--json", "-", stdin=token)).stdout)["chain"][-1]

    def test_stdout_is_one_line_of_unpadded_base64url(self):
        r = self.ok(self.do())
        self.assertRegex(r.stdout, r"\A[A-Za-z0-9_-]+\n\Z")
        self.assertEqual(r.stderr, "")

    def test_output_file(self):
        old = os.umask(0)
        try:
            r = self.ok(self.do("-o", self.path("w")))
        finally:
            os.umask(old)
        self.assertEqual(r.stdout, "")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("w")).st_mode), 0o600)
        self.assertRegex(self.read("w"), r"\A[A-Za-z0-9_-]+\n\Z")

    def test_output_file_is_replaced_whole(self):
        self.write("w", "old", 0o644)
        self.ok(self.do("--output", self.path("w")))
        self.assertEqual(stat.S_IMODE(os.stat(self.path("w")).st_mode), 0o600)
        self.assertEqual(self.leaf(self.read("w"))["type"], "execution")
        self.assertEqual(sorted(n for n in os.listdir(self.dir) if n.startswith(".")), [])

    def test_dash_is_standard_output(self):
        self.assertRegex(self.ok(self.do("-o", "-", cwd=self.dir)).stdout, r"\A[A-Za-z0-9_-]+\n\Z")
        self.assertFalse(os.path.exists(self.path("-")))

    def test_output_that_is_no_plain_file_is_refused(self):
        os.symlink("/dev/null", self.path("link"))
        self.says(self.do("-o", self.path("link")), 1, f"mint: {self.path('link')} is not a plain file")

    def test_default_lifetime_is_300_s(self):
        leaf = self.leaf(self.do().stdout)
        self.assertEqual(leaf["expires_at"] - leaf["issued_at"], 300)

    def test_lifetimes(self):
        for text, seconds in (("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400), ("45", 45)):
            leaf = self.leaf(self.ok(self.do("--ttl", text)).stdout)
            self.assertEqual(leaf["expires_at"] - leaf["issued_at"], seconds)
        for text in ("", "0", "0s", "-5m", "5x", "5mm", "1.5h", " 5m", "99999999999999999999s"):
            self.says(self.do("--ttl", text), 1, "mint: a lifetime is a number and s, m, h or d, like 90s, 10m, 2h, 1d")

    def test_ninety_days_and_no_more(self):
        self.ok(self.do("--ttl", "90d"))
        r = self.do("--ttl", "91d")
        self.assertEqual(r.returncode, 1)
        self.assertIn("(1303 ", r.stderr)

    def test_every_form_of_key(self):
        seed = base64.b64decode(self.read("issuer.key"))
        pem = base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + seed).decode()
        forms = [base64.b64encode(seed).decode(), base64.b64encode(seed).decode().rstrip("="), lib.url64(seed), seed.hex(),
                 seed.hex().upper(), f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n"]
        for i, form in enumerate(forms):
            for key in (form, self.write(f"form{i}", form + "\n", 0o600)):
                token = self.ok(self.do(key=key)).stdout
                self.assertEqual(self.leaf(token)["issuer"], self.root())

    def test_every_form_of_holder(self):
        pub = base64.b64decode(self.read("holder.pub"))
        pem = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + pub).decode()
        for form in (base64.b64encode(pub).decode(), lib.url64(pub), pub.hex(),
                     f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n"):
            self.assertEqual(self.leaf(self.ok(self.do(holder=form)).stdout)["holder"], self.read("holder.pub").strip())

    def test_holder_that_is_only_a_name_is_not_there_yet(self):
        r = self.do(holder="agent-7")
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.endswith("a holder that is only a name is not in this version yet\n"), r.stderr)

    def test_secret_key_file_as_holder_is_refused(self):
        r = self.do(holder=self.path("holder.key"))
        self.assertEqual(r.returncode, 1)
        self.assertIn("looks like a secret key", r.stderr)

    def test_key_from_the_environment(self):
        env = {"TENUO_ISSUER_KEY": self.read("issuer.key")}
        self.assertEqual(self.leaf(self.ok(self.do(key="", env=env)).stdout)["issuer"], self.root())
        self.says(self.do(key=""), 1, "mint: --key KEY is needed; see tenuo-shim mint --help")

    def test_bad_keys_are_not_echoed(self):
        for bad in ("AAAAsecretAAAA", "00" * 31, "g" * 64, self.write("bad", "AAAAsecretAAAA\n", 0o600), "x" * 5000):
            r = self.do(key=bad)
            self.assertEqual(r.returncode, 1)
            self.assertNotIn("secret", r.stderr.replace("usable secret key", ""))
            self.assertNotIn(bad if not bad.startswith("/") else "AAAA", r.stderr)

    def test_capabilities_from_file_and_stdin(self):
        for caps, stdin in ((self.write("caps.json", CAPS), ""), ("-", CAPS), ("  " + CAPS, "")):
            leaf = self.leaf(self.ok(self.do(caps=caps, stdin=stdin)).stdout)
            self.assertEqual(list(leaf["capabilities"]), ["read_file"])

    def test_bad_capabilities(self):
        bad = ['{"read_file": {"path": {"subpath": "/data"}}', '{"read_file": {}, "read_file": {}}',
               '{"read_file": {"path": {"subpaht": "/data"}}}', '{"read_file": {"path": {"subpath": {"root": "/d", "rot": 1}}}}',
               '{"read_file": {"path": {"subpath": "/data", "pattern": "*"}}}', '{"read_file": 5}', '[]', '{}', '{"a": {}} x',
               '{"read_file": {"path": {"cidr": "nonsense"}}}', '{"a": {"b": {"one_of": 5}}}', '{"a": {"_allow_unknown": 1}}']
        for caps in bad:
            r = self.do(caps=caps)
            self.assertEqual(r.returncode, 1, caps)
            self.assertEqual(r.stdout, "")
            self.assertEqual(r.stderr.count("\n"), 1)
            self.assertTrue(r.stderr.startswith("tenuo-shim mint: "), r.stderr)

    def test_capabilities_that_are_no_file(self):
        self.says(self.do(caps="nofile.json"), 1, "mint: there is no file nofile.json, and it is not JSON itself")

    def test_unreadable_file(self):
        self.says(self.do(caps=self.dir), 1, f"mint: cannot read {self.dir}: Is a directory")

    def test_json(self):
        doc = json.loads(self.ok(self.do("--json")).stdout)
        self.assertEqual(set(doc), {"id", "expires_at", "holder", "depth", "warrant"})
        doc = json.loads(self.ok(self.do("--json", "-o", self.path("w"))).stdout)
        self.assertEqual(set(doc), {"id", "expires_at", "holder", "depth", "file"})

    def test_json_error(self):
        r = self.do("--json", caps="{")
        self.assertEqual(r.returncode, 1)
        self.assertEqual(json.loads(r.stdout)["error"]["name"], "bad-json")


if __name__ == "__main__":
    lib.main()
