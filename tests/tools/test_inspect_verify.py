# SPDX-License-Identifier: Apache-2.0
"""inspect and verify: what they say of good tokens and of every kind of bad one."""
import json
import os
import time
import lib
from lib import shim

CAPS = {"read_file": {"path": {"subpath": "/data"}}, "ping": {}}


class Good(lib.Case):
    def setUp(self):
        super().setUp()
        self.token = self.mint(CAPS, "--ttl", "10m")

    def test_verify(self):
        r = self.ok(shim("verify", "--root", self.root(), self.path("w")))
        self.assertRegex(r.stdout, r"\Avalid: tnu_wrt_[0-9a-f]{32}, 1 link, (9|10) min left \(root by --root\)\n\Z")

    def test_verify_json(self):
        doc = json.loads(self.ok(shim("verify", "--json", "--root", self.root(), self.path("w"))).stdout)
        self.assertIs(doc["valid"], True)
        self.assertEqual(doc["links"], 1)
        self.assertNotIn("code", doc)

    def test_every_way_to_name_a_token(self):
        roots = ["--root", self.root()]
        self.ok(shim("verify", *roots, self.token))
        self.ok(shim("verify", *roots, "-", stdin=self.token + "\n"))
        self.ok(shim("verify", *roots, env={"TENUO_WARRANT": self.token}))
        self.ok(shim("verify", *roots, env={"TENUO_WARRANT_FILE": self.path("w")}))
        self.ok(shim("verify", *roots, self.path("w"), env={"TENUO_WARRANT": "junk"}))
        self.ok(shim("verify", *roots, env={"TENUO_WARRANT": self.token, "TENUO_WARRANT_FILE": "/nowhere"}))
        self.says(shim("verify", *roots), 1,
                  "verify: there is no warrant: name one, or set TENUO_WARRANT or TENUO_WARRANT_FILE")

    def test_pem_text_as_argument(self):
        body = self.token
        pem = "-----BEGIN TENUO WARRANT-----\n" + "\n".join(body[i:i + 64] for i in range(0, len(body), 64))
        pem += "\n-----END TENUO WARRANT-----\n"
        self.ok(shim("verify", "--root", self.root(), pem))
        self.ok(shim("verify", "--root", self.root(), self.write("w.pem", pem)))

    def test_where_roots_come_from(self):
        other = self.key("other")
        self.ok(shim("verify", self.path("w"), env={"TENUO_TRUSTED_ROOTS": f" {other}, ,{self.root()},"}))
        self.ok(shim("verify", self.path("w"), "--root", other, "--root", self.path("issuer.pub")))
        # --root replaces the environment
        self.ok(shim("verify", self.path("w"), "--root", other, env={"TENUO_TRUSTED_ROOTS": self.root()}), 2)
        self.ok(shim("verify", self.path("w"), env={"TENUO_TRUSTED_ROOTS": other}), 2)

    def test_development_mode_needs_both_and_says_so(self):
        env = {"TENUO_DEV_MODE": "1", "TENUO_ISSUER_KEY": self.read("issuer.key")}
        r = self.ok(shim("verify", self.path("w"), env=env))
        self.assertEqual(r.stderr, "tenuo-shim: development mode: the issuer key of the environment is trusted as a root\n")
        self.assertIs(json.loads(shim("verify", "--json", self.path("w"), env=env).stdout)["dev_mode"], True)
        self.ok(shim("verify", self.path("w"), env={"TENUO_ISSUER_KEY": env["TENUO_ISSUER_KEY"]}), 2)
        self.ok(shim("verify", self.path("w"), env={"TENUO_DEV_MODE": "1"}), 2)
        self.ok(shim("verify", self.path("w"), env={**env, "TENUO_DEV_MODE": "0"}), 2)
        # named roots are all there are: the issuer's key adds nothing to them
        other = self.key("other")
        self.ok(shim("verify", self.path("w"), env={**env, "TENUO_TRUSTED_ROOTS": other}), 2)

    def test_no_roots_no_valid_warrant(self):
        r = self.ok(shim("verify", self.path("w")), 2)
        self.assertEqual(r.stdout, "not valid: no trusted root is configured, so no warrant is valid; name one with --root "
                                   "(3003 no-trusted-roots)\n")

    def test_inspect(self):
        r = self.ok(shim("inspect", self.path("w")))
        self.assertIn(f"issuer {self.root()}\n└─ tnu_wrt_", r.stdout)
        self.assertIn(f"holder  {self.read('holder.pub').strip()}\n", r.stdout)
        self.assertRegex(r.stdout, r"read_file +path +subpath /data\n")
        self.assertRegex(r.stdout, r"ping +any arguments\n")
        self.assertRegex(r.stdout, r"until +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ, (9|10) min left\n")
        self.assertIn("trust not checked: no trusted root is configured (--root KEY)\n", r.stdout)
        r = self.ok(shim("inspect", "--root", self.root(), self.path("w")))
        self.assertIn("\nvalid: tnu_wrt_", r.stdout)

    def test_inspect_draws_the_chain(self):
        self.write("other.pub", self.key("other"))
        token = self.ok(shim("grant", "--parent", self.path("w"), "--key", self.path("holder.key"), "--holder",
                             self.path("other.pub"), "--capabilities", '{"ping": {}}')).stdout
        r = self.ok(shim("inspect", "-", stdin=token))
        self.assertRegex(r.stdout, r"(?m)^└─ tnu_wrt_.*depth 0")
        self.assertRegex(r.stdout, r"(?m)^   │  ")
        self.assertRegex(r.stdout, r"(?m)^   └─ tnu_wrt_.*depth 1")

    def test_inspect_json(self):
        doc = json.loads(self.ok(shim("inspect", "--json", self.path("w"))).stdout)
        self.assertIsNone(doc["valid"])
        self.assertIs(json.loads(shim("inspect", "--json", "--root", self.root(), self.path("w")).stdout)["valid"], True)
        self.assertIs(json.loads(shim("inspect", "--json", "--root", self.key("o"), self.path("w")).stdout)["valid"], False)
        link = doc["chain"][0]
        self.assertEqual(link["capabilities"]["ping"], {})
        self.assertEqual(link["issuer"], self.root())
        self.assertEqual(link["expires_at"] - link["issued_at"], 600)

    def test_hostile_names_cannot_drive_the_terminal(self):
        self.mint({"a\u001b[31mb\u202e\n": {}}, name="hostile")
        r = self.ok(shim("inspect", self.path("hostile")))
        self.assertIn(r"a\x1b[31mb\u{202e}\x0a", r.stdout)
        self.assertNotIn("\x1b", r.stdout)


class Time(lib.Case):
    def setUp(self):
        super().setUp()
        self.mint(CAPS, "--ttl", "100s")
        self.start = json.loads(shim("inspect", "--json", self.path("w")).stdout)["chain"][0]["issued_at"]

    def at(self, t):
        return shim("verify", "--root", self.root(), "--now", str(t), self.path("w"))

    def test_the_last_second_and_the_one_after(self):
        self.ok(self.at(self.start + 99))
        r = self.ok(self.at(self.start + 100), 2)
        self.assertIn("(1300 warrant-expired)", r.stdout)
        self.assertRegex(r.stdout, r"the link that fails is tnu_wrt_[0-9a-f]{32}, depth 0\n")

    def test_thirty_seconds_of_tolerance_before(self):
        self.ok(self.at(self.start - 30))
        r = self.ok(self.at(self.start - 31), 2)
        self.assertIn("(1302 issued-in-future)", r.stdout)

    def test_times_in_words(self):
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.start + 99))
        self.ok(self.at(text))
        for bad in ("yesterday", "-5", "1.5", "2026-11-23"):
            self.says(self.at(bad), 1, "verify: a time is Unix seconds or like 2026-11-23T12:00:00Z")


class Bad(lib.Case):
    def setUp(self):
        super().setUp()
        self.token = self.mint(CAPS)
        self.raw = lib.raw(self.token)

    def no(self, token, code):
        """verify says no with this code; inspect says it is no warrant, or shows it"""
        r = self.ok(shim("verify", "--root", self.root(), "-", stdin=token), 2)
        self.assertRegex(r.stdout, rf"\Anot valid: [^\n]+ \({code} [a-z-]+\)\n")
        self.assertEqual(r.stderr, "")
        doc = json.loads(shim("verify", "--json", "--root", self.root(), "-", stdin=token).stdout)
        self.assertIs(doc["valid"], False)
        self.assertEqual(doc["code"], code)
        return r

    def test_truncated(self):
        for n in (1, 2, 10, len(self.raw) // 2, len(self.raw) - 1):
            self.no(lib.url64(self.raw[:n]), 1202)

    def test_empty(self):
        self.no("", 3002)
        self.no("\n", 3002)

    def test_trailing_bytes(self):
        self.no(lib.url64(self.raw + b"\0"), 1202)

    def test_oversized(self):
        self.no(lib.url64(b"\x83" + b"\0" * 300000), 1900)
        big = self.write("big", "A" * (2 << 20))
        self.says(shim("verify", "--root", self.root(), big), 1, f"verify: {big} is larger than 1048576 bytes")

    def test_flipped_bits(self):
        for at in (60, len(self.raw) // 2, len(self.raw) - 5):
            bad = bytearray(self.raw)
            bad[at] ^= 1
            r = self.ok(shim("verify", "--root", self.root(), lib.url64(bytes(bad))), 2)
            self.assertRegex(r.stdout, r"\((1100|1201|1202) ")

    def test_wrongly_signed(self):
        bad = bytearray(self.raw)
        bad[-1] ^= 0x10
        self.no(lib.url64(bytes(bad)), 1100)

    def test_untrusted(self):
        other = self.key("other")
        r = self.ok(shim("verify", "--root", other, self.path("w")), 2)
        self.assertIn("(1406 untrusted-root)", r.stdout)

    def test_leaf_without_its_chain(self):
        self.write("other.pub", self.key("other"))
        stack = self.ok(shim("grant", "--parent", self.path("w"), "--key", self.path("holder.key"), "--holder",
                             self.path("other.pub"), "--inherit")).stdout
        self.ok(shim("verify", "--root", self.root(), "-", stdin=stack))
        data = lib.raw(stack.strip())
        self.assertEqual(data[0], 0x82)
        self.assertEqual(data[1:1 + len(self.raw)], self.raw)
        leaf = lib.url64(data[1 + len(self.raw):])
        r = self.ok(shim("verify", "--root", self.root(), leaf), 2)
        self.assertRegex(r.stdout, r"\((1405|1406) ")
        # and not even where the leaf's own issuer is trusted: it is no root
        r = self.ok(shim("verify", "--root", self.path("holder.pub"), leaf), 2)
        self.assertIn("(1405 ", r.stdout)

    def test_links_in_the_wrong_order(self):
        self.write("other.pub", self.key("other"))
        stack = self.ok(shim("grant", "--parent", self.path("w"), "--key", self.path("holder.key"), "--holder",
                             self.path("other.pub"), "--inherit")).stdout
        data = lib.raw(stack.strip())
        turned = b"\x82" + data[1 + len(self.raw):] + self.raw
        r = self.ok(shim("verify", "--root", self.root(), lib.url64(turned)), 2)
        self.assertRegex(r.stdout, r"\((1405|1406) ")

    def test_unreadable_file(self):
        self.says(shim("verify", "--root", self.root(), self.dir), 1, f"verify: cannot read {self.dir}: Is a directory")
        gone = self.path("gone")
        self.says(shim("verify", "--root", self.root(), gone), 1,
                  f"verify: there is no file {gone}, and it is not a warrant itself")
        if os.geteuid() != 0:
            secret = self.write("secret", self.token, 0)
            self.says(shim("verify", "--root", self.root(), secret), 1, f"verify: cannot open {secret}: Permission denied")

    def test_inspect_of_no_warrant(self):
        r = shim("inspect", "-", stdin="junk")
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.startswith("tenuo-shim inspect: that is not a warrant: "), r.stderr)

    def test_bad_root(self):
        for bad in ("junk", "00" * 32, "01" + "00" * 31):
            self.says(shim("verify", "--root", bad, self.path("w")), 1,
                      "verify: --root is neither a usable public key (base64, base64url, hex, PEM) nor a file with one")

    def test_revocation_list_is_not_there_yet(self):
        self.says(shim("verify", "--srl", "x", self.path("w")), 1, "verify: --srl is not in this version yet")


if __name__ == "__main__":
    lib.main()
