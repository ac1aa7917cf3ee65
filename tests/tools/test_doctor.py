# SPDX-License-Identifier: Apache-2.0
"""doctor: the machine, the levels, where settings come from; no secrets."""
import json
import os
import lib
from lib import shim


class Doctor(lib.Case):
    def doc(self, env=None):
        r = shim("doctor", "--json", env=env)
        self.assertIn(r.returncode, (0, 2), r.stderr)
        return json.loads(r.stdout)

    def test_machine(self):
        doc = self.doc()
        self.assertEqual(doc["kernel"], os.uname().release)
        self.assertIsInstance(doc["landlock_abi"], int)

    def test_levels(self):
        doc = self.doc()
        self.assertEqual([x["level"] for x in doc["levels"]], [0, 1, 2, 3])
        for level in doc["levels"]:
            self.assertTrue(level["why"])
        self.assertEqual([x["why"] for x in doc["levels"][2:]], ["not in this version yet"] * 2)
        self.assertTrue(doc["levels"][0]["possible"], doc)
        status = shim("doctor").returncode
        self.assertEqual(status, 0 if doc["levels"][1]["possible"] else 2)

    def test_library_is_found_beside_the_command(self):
        self.assertTrue(self.doc()["library"].endswith("/libtenuo-shim.so"))

    def test_settings_and_their_origin(self):
        def settings(env):
            return {s["name"]: (s["value"], s["origin"]) for s in self.doc(env)["settings"]}
        got = settings(None)
        self.assertEqual(got["mode"], ("enforce", "default"))
        self.assertEqual(got["trusted roots"], ("none: no warrant is valid", "default"))
        root = self.key("k")
        got = settings({"TENUO_MODE": "audit", "TENUO_TRUSTED_ROOTS": root, "TENUO_WARRANT": "token-text", "TENUO_POLICY": "/p",
                        "TENUO_AUDIT_LOG": "stderr"})
        self.assertEqual(got["mode"], ("audit", "TENUO_MODE"))
        self.assertEqual(got["trusted roots"], ("1", "TENUO_TRUSTED_ROOTS"))
        self.assertEqual(got["warrant"], ("a token", "TENUO_WARRANT"))
        self.assertEqual(got["policy"], ("/p", "TENUO_POLICY"))
        self.assertEqual(got["log"], ("stderr", "TENUO_AUDIT_LOG"))

    def test_secrets_are_not_shown(self):
        self.key("k")
        seed = self.read("k.key").strip()
        for args in (["doctor"], ["doctor", "--json"]):
            r = shim(*args, env={"TENUO_ISSUER_KEY": seed, "TENUO_DEV_MODE": "1", "TENUO_WARRANT": "token-text"})
            self.assertNotIn(seed, r.stdout + r.stderr)
            self.assertNotIn("token-text", r.stdout + r.stderr)
            self.assertIn("TENUO_ISSUER_KEY", r.stdout)


if __name__ == "__main__":
    lib.main()
