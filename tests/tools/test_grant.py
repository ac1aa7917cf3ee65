# SPDX-License-Identifier: Apache-2.0
"""grant: the whole stack, narrower, no longer than the parent, by its holder only."""
import json
import os
import stat
import lib
from lib import shim

PARENT = {"read_file": {"path": {"subpath": "/data"}}, "ping": {}}
NARROW = '{"read_file": {"path": {"subpath": "/data/x"}}}'


class Grant(lib.Case):
    def setUp(self):
        super().setUp()
        self.mint(PARENT, "--ttl", "1h")
        self.write("other.pub", self.key("other") + "\n")

    def do(self, *more, key="holder.key", parent=None, caps=NARROW, stdin=""):
        args = ["--parent", parent or self.path("w"), "--key", self.path(key), "--holder", self.path("other.pub")]
        return shim("grant", *args, *(["--capabilities", caps] if caps else []), *more, stdin=stdin)

    def chain(self, token):
        return json.loads(self.ok(shim("inspect", "--json", "-", stdin=token)).stdout)["chain"]

    def test_writes_the_whole_stack_in_padded_base64(self):
        r = self.ok(self.do())
        self.assertRegex(r.stdout, r"\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?\n\Z")
        self.assertEqual([w["depth"] for w in self.chain(r.stdout)], [0, 1])
        self.ok(shim("verify", "--root", self.root(), "-", stdin=r.stdout))

    def test_output_file(self):
        self.assertEqual(self.ok(self.do("-o", self.path("child"))).stdout, "")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("child")).st_mode), 0o600)
        self.assertEqual(len(self.chain(self.read("child"))), 2)

    def test_three_links(self):
        self.write("second", self.do().stdout)
        self.write("third.pub", self.key("third"))
        r = self.ok(shim("grant", "--parent", self.path("second"), "--key", self.path("other.key"), "--holder",
                         self.path("third.pub"), "--inherit"))
        self.assertEqual([w["depth"] for w in self.chain(r.stdout)], [0, 1, 2])
        self.ok(shim("verify", "--root", self.root(), "-", stdin=r.stdout))

    def test_parent_from_stdin_and_as_text(self):
        token = self.read("w")
        self.ok(self.do(parent="-", stdin=token))
        self.ok(self.do(parent=token.strip()))

    def test_inherit(self):
        r = self.ok(self.do("--inherit", caps=None))
        chain = self.chain(r.stdout)
        self.assertEqual(chain[0]["capabilities"], chain[1]["capabilities"])

    def test_inherit_and_capabilities_exclude_each_other(self):
        self.says(self.do("--inherit"), 1, "grant: --inherit and --capabilities exclude each other")
        self.says(self.do(caps=None), 1, "grant: --capabilities FILE|JSON or --inherit is needed")

    def test_key_of_somebody_else(self):
        r = self.do(key="issuer.key")
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.startswith("tenuo-shim grant: cannot grant: "), r.stderr)

    def test_wider_than_the_parent(self):
        for caps in ('{"read_file": {"path": {"subpath": "/"}}}', '{"read_file": {}}', '{"write_file": {}}', '{"*": {}}'):
            r = self.do(caps=caps)
            self.assertEqual(r.returncode, 1, caps)
            self.assertEqual(r.stdout, "")

    def test_lifetimes(self):
        leaf = self.chain(self.ok(self.do("--ttl", "10m")).stdout)[-1]
        self.assertEqual(leaf["expires_at"] - leaf["issued_at"], 600)
        leaf = self.chain(self.ok(self.do()).stdout)[-1]
        self.assertEqual(leaf["expires_at"] - leaf["issued_at"], 300)
        r = self.do("--ttl", "2h")
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr, r"\Atenuo-shim grant: --ttl is longer than the parent lives \((59|60) min left\)\n\Z")

    def test_default_lifetime_ends_with_the_parent(self):
        self.mint(PARENT, "--ttl", "100s", name="short")
        chain = self.chain(self.ok(self.do(parent=self.path("short"))).stdout)
        self.assertEqual(chain[1]["expires_at"], chain[0]["expires_at"])

    def test_json(self):
        doc = json.loads(self.ok(self.do("--json")).stdout)
        self.assertEqual(doc["depth"], 1)
        self.assertIn("warrant", doc)

    def test_parent_that_is_no_warrant(self):
        self.write("junk", "junk")
        r = self.do(parent=self.path("junk"))
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.startswith("tenuo-shim grant: --parent: "), r.stderr)


if __name__ == "__main__":
    lib.main()
