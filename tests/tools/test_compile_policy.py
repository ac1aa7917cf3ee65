# SPDX-License-Identifier: Apache-2.0
"""compile-policy: what the preload runs when it is given JSON."""
import subprocess
import lib
from lib import shim


class CompilePolicy(lib.Case):
    def compile(self, text):
        return subprocess.run([lib.BIN, "compile-policy", self.write("p.json", text)], env=lib.clean_env(), capture_output=True,
                              timeout=30, check=False)

    def test_compiles_to_cbor(self):
        r = self.compile("{}")
        self.assertEqual((r.returncode, r.stderr), (0, b""))
        self.assertGreater(len(r.stdout), 100)
        self.assertEqual(r.stdout, self.compile('{"extends": "default"}').stdout)
        self.assertLess(len(self.compile('{"extends": "none"}').stdout), len(r.stdout))

    def test_bad_files_compile_to_nothing(self):
        for text in ("", "[]", "{", '{"extends": "default", "extends": "default"}', '{"no_such_key": 1}', '{"extends": "other"}', "{} x"):
            r = self.compile(text)
            self.assertEqual((r.returncode, r.stdout), (1, b""), text)
            self.assertTrue(r.stderr.startswith(b"tenuo-shim compile-policy: the policy file "), r.stderr)

    def test_is_not_advertised(self):
        self.assertNotIn("compile-policy", shim("--help").stdout)
        for shell in ("bash", "zsh", "fish"):
            self.assertNotIn("compile-policy", shim("completion", shell).stdout)
        self.says(shim("compile-policy", self.path("no")), 1,
                  f"compile-policy: cannot open {self.path('no')}: No such file or directory")


if __name__ == "__main__":
    lib.main()
