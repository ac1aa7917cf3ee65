# SPDX-License-Identifier: Apache-2.0
"""/etc/tenuo-shim/config.json: options and environment may only be stricter.  Each case has an /etc of its own."""
import json
import os
import subprocess
import lib

SCRIPT = """
set -e
mount -t tmpfs none /etc
mkdir -m 755 /etc/tenuo-shim
cat >/etc/tenuo-shim/config.json
%s
exec "$@"
"""


class Config(lib.Case):
    def setUp(self):
        super().setUp()
        self.mint({"ping": {}}, "--ttl", "10m")

    def under(self, config, *args, env=None, before=""):
        if not isinstance(config, str):
            config = json.dumps(config)
        return subprocess.run(["unshare", "-rm", "sh", "-c", SCRIPT % before, "-", lib.BIN, *args], input=config, text=True,
                              capture_output=True, env=lib.clean_env(env), timeout=60, check=False)

    def verify(self, config, *args, **kw):
        return self.under(config, "verify", *args, self.path("w"), **kw)

    def run_(self, config, *args, **kw):
        return self.under(config, "run", "--log", "stderr", "-w", self.path("w"), *args, "--", "/bin/true", **kw)

    def test_its_roots_are_enough(self):
        r = self.ok(self.verify({"trusted_roots": [self.root()]}))
        self.assertIn("(root by /etc/tenuo-shim/config.json)", r.stdout)

    def test_options_and_environment_choose_among_its_roots(self):
        other = self.key("other")
        both = {"trusted_roots": [self.root(), other]}
        self.ok(self.verify(both, "--root", self.root()))
        self.ok(self.verify(both, "--root", other), 2)
        self.ok(self.verify({"trusted_roots": [other]}, "--root", self.root()), 2)
        self.ok(self.verify({"trusted_roots": [other]}, env={"TENUO_TRUSTED_ROOTS": self.root()}), 2)
        self.ok(self.verify({"trusted_roots": []}, "--root", self.root()), 2)
        self.ok(self.verify({}, "--root", self.root()))

    def test_development_mode(self):
        env = {"TENUO_DEV_MODE": "1", "TENUO_ISSUER_KEY": self.read("issuer.key").strip()}
        self.ok(self.verify({}, env=env))
        self.ok(self.verify({"dev_mode": True}, env=env))
        self.says(self.verify({"dev_mode": False}, env=env), 1,
                  "verify: TENUO_DEV_MODE: /etc/tenuo-shim/config.json does not allow it")
        # named roots leave no room for it
        self.ok(self.verify({"trusted_roots": [self.key("other")]}, env=env), 2)

    def test_mode_and_level(self):
        config = {"trusted_roots": [self.root()], "mode": "enforce", "level": 1}
        r = self.run_(config, "--mode", "audit")
        self.assertEqual((r.returncode, r.stderr), (126, "tenuo-shim run: /etc/tenuo-shim/config.json asks for enforce\n"))
        r = self.run_(config, env={"TENUO_MODE": "permissive"})
        self.assertEqual(r.returncode, 126)
        r = self.run_(config, "--level", "0")
        self.assertEqual((r.returncode, r.stderr), (126, "tenuo-shim run: /etc/tenuo-shim/config.json asks for level 1\n"))

    def test_policy(self):
        config = {"trusted_roots": [self.root()], "policy": "/nowhere/policy.json"}
        r = self.run_(config, "--policy", self.path("w"))
        self.assertEqual((r.returncode, r.stderr), (126, "tenuo-shim run: /etc/tenuo-shim/config.json sets the policy /nowhere/policy.json\n"))
        r = self.run_(config)
        self.assertEqual((r.returncode, r.stderr), (126, "tenuo-shim run: cannot open /nowhere/policy.json: No such file or directory\n"))

    def test_doctor_tells_the_origin(self):
        r = self.under({"mode": "audit", "log": "/var/log/x", "trusted_roots": [self.root()]}, "doctor", "--json")
        got = {s["name"]: (s["value"], s["origin"]) for s in json.loads(r.stdout)["settings"]}
        self.assertEqual(got["mode"], ("audit", "/etc/tenuo-shim/config.json"))
        self.assertEqual(got["log"], ("/var/log/x", "/etc/tenuo-shim/config.json"))
        self.assertEqual(got["trusted roots"], ("1", "/etc/tenuo-shim/config.json"))

    def test_what_is_not_there_yet_is_refused(self):
        for config, said in (({"level": 2}, "level 2"), ({"require_holder_proof": True}, "require_holder_proof"),
                             ({"revocation_list": "/x"}, "revocation_list")):
            self.says(self.verify(config), 1, f"verify: /etc/tenuo-shim/config.json: {said} is not in this version yet")
        self.ok(self.verify({"require_holder_proof": False}, "--root", self.root()))

    def test_bad_files(self):
        for config in ("{", "[]", '{"mode": "enforce", "mode": "audit"}', '{"mode": "off"}', '{"trusted_roots": "x"}',
                       '{"trusted_roots": ["x"]}', '{"level": "1"}', '{"level": 9}', '{"dev_mode": "no"}', '{"log": ""}', '{"log": 5}'):
            r = self.verify(config, "--root", self.root())
            self.assertEqual(r.returncode, 1, config)
            self.assertIn("/etc/tenuo-shim/config.json", r.stderr)
        self.says(self.verify({"trusted_root": []}), 1,
                  'verify: /etc/tenuo-shim/config.json: there is no setting "trusted_root"')

    def test_must_be_roots_alone(self):
        said = "verify: /etc/tenuo-shim/config.json: only root may be able to write it and its directory"
        for before in ("chmod 666 /etc/tenuo-shim/config.json", "chmod 777 /etc/tenuo-shim",
                       "rm /etc/tenuo-shim/config.json; mkfifo /etc/tenuo-shim/config.json"):
            self.says(self.verify({}, before=before), 1, said)
        for before in ("cd /etc/tenuo-shim; mv config.json c; ln -s c config.json", "cd /etc; mv tenuo-shim t; ln -s t tenuo-shim"):
            r = self.verify({}, "--root", self.root(), before=before)
            self.assertEqual(r.returncode, 1, before)
            self.assertTrue(r.stderr.startswith("tenuo-shim verify: cannot open /etc/tenuo-shim/config.json: "), r.stderr)

    def test_without_a_file_or_directory(self):
        for before in ("rm /etc/tenuo-shim/config.json", "rm -r /etc/tenuo-shim"):
            self.ok(self.verify({}, "--root", self.root(), before=before))


class Environment(lib.Case):
    def test_revocation_list_is_not_silently_ignored(self):
        token = self.mint({"ping": {}})
        self.says(lib.shim("verify", "--root", self.root(), token, env={"TENUO_REVOCATION_LIST": "/x"}), 1,
                  "verify: TENUO_REVOCATION_LIST is not in this version yet; unset it")


if __name__ == "__main__":
    lib.main()
