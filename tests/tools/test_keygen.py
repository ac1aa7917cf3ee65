# SPDX-License-Identifier: Apache-2.0
"""keygen: exact output, exact file, never overwrites."""
import base64
import json
import os
import stat
import lib
from lib import shim


class Keygen(lib.Case):
    def test_output_is_the_public_key_and_nothing_else(self):
        r = self.ok(shim("keygen", "-o", self.path("k")))
        self.assertEqual(r.stderr, "")
        self.assertRegex(r.stdout, r"\A[A-Za-z0-9+/]{43}=\n\Z")
        self.assertEqual(len(base64.b64decode(r.stdout)), 32)

    def test_file_is_one_line_of_seed_for_its_owner(self):
        for umask in (0o000, 0o022, 0o777):
            name = f"k{umask:o}"
            old = os.umask(umask)
            try:
                self.ok(shim("keygen", "-o", self.path(name)))
            finally:
                os.umask(old)
            self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode), 0o600)
            self.assertRegex(self.read(name), r"\A[A-Za-z0-9+/]{43}=\n\Z")

    def test_two_keys_differ(self):
        self.assertNotEqual(self.key("a"), self.key("b"))

    def test_existing_file_is_refused_and_kept(self):
        self.write("k", "mine\n")
        self.says(shim("keygen", "-o", self.path("k")), 1, f"keygen: {self.path('k')} exists; --force replaces it")
        self.assertEqual(self.read("k"), "mine\n")

    def test_force_replaces(self):
        self.write("k", "mine\n", 0o644)
        self.ok(shim("keygen", "-o", self.path("k"), "--force"))
        self.assertNotEqual(self.read("k"), "mine\n")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("k")).st_mode), 0o600)

    def test_a_link_is_not_followed(self):
        self.write("target", "mine\n")
        os.symlink(self.path("target"), self.path("link"))
        self.assertEqual(shim("keygen", "-o", self.path("link")).returncode, 1)
        self.assertEqual(shim("keygen", "-o", self.path("link"), "--force").returncode, 1)
        self.assertEqual(self.read("target"), "mine\n")
        os.symlink(self.path("nothing"), self.path("dangling"))
        self.assertEqual(shim("keygen", "-o", self.path("dangling")).returncode, 1)
        self.assertFalse(os.path.exists(self.path("nothing")))

    def test_without_output_file(self):
        self.says(shim("keygen"), 1, "keygen: --output FILE is needed; see tenuo-shim keygen --help")

    def test_not_to_standard_output(self):
        self.says(shim("keygen", "-o", "-", cwd=self.dir), 1, "keygen: a secret key goes to a file, not to standard output")
        self.assertEqual(os.listdir(self.dir), [])

    def test_no_such_directory(self):
        p = self.path("no", "k")
        self.says(shim("keygen", "-o", p), 1, f"keygen: cannot create {p}: No such file or directory")

    def test_full_output_leaves_no_key_without_a_public_half(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            r = lib.subprocess.run([lib.BIN, "keygen", "-o", self.path("k")], env=lib.clean_env(), stdout=full,
                                   stderr=lib.subprocess.PIPE, text=True, check=False)
        self.assertEqual(r.returncode, 1)
        self.assertEqual(r.stderr, "tenuo-shim keygen: cannot write the answer: No space left on device\n")
        self.assertFalse(os.path.exists(self.path("k")))

    def test_json(self):
        doc = json.loads(self.ok(shim("keygen", "--output", self.path("k"), "--json")).stdout)
        self.assertEqual(set(doc), {"public_key", "file"})

    def test_secret_is_never_printed(self):
        for args in (["-o", self.path("a")], ["-o", self.path("b"), "--json"]):
            r = self.ok(shim("keygen", *args))
            self.assertNotIn(self.read(os.path.basename(args[1])).strip(), r.stdout + r.stderr)


if __name__ == "__main__":
    lib.main()
