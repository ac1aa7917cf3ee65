# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share.  TENUO_SHIM_BIN names the command."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.environ["TENUO_SHIM_BIN"]
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# commands that take a warrant and say yes or no; all of them, in the order of --help
COMMANDS = ["run", "keygen", "mint", "grant", "inspect", "verify", "explain", "test", "plan", "doctor", "completion"]


def clean_env(extra=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TENUO_") and k != "LD_PRELOAD"}
    env.pop("NO_COLOR", None)
    env.update(extra or {})
    return env


def shim(*args, env=None, stdin="", **kw):
    return subprocess.run([BIN, *args], env=clean_env(env), input=stdin, text=True, capture_output=True, timeout=60, **kw)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="tenuo-shim-tools-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, data, mode=0o644):
        with open(self.path(name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def ok(self, r, code=0):
        self.assertEqual(r.returncode, code, r.stdout + r.stderr)
        return r

    def says(self, r, code, sentence):
        """exit status, and stderr is exactly this one line"""
        self.assertEqual(r.returncode, code, r.stdout + r.stderr)
        self.assertEqual(r.stderr, f"tenuo-shim {sentence}\n")
        self.assertEqual(r.stdout, "")

    def key(self, name):
        """-> public key text; the secret lies in NAME.key"""
        return self.ok(shim("keygen", "-o", self.path(name + ".key"))).stdout.strip()

    def mint(self, capabilities, *more, name="w", issuer="issuer", holder="holder"):
        """-> token text; issuer.key, issuer.pub, holder.key, holder.pub and NAME are left in the directory"""
        for who in (issuer, holder):
            if not os.path.exists(self.path(who + ".key")):
                self.write(who + ".pub", self.key(who) + "\n")
        if not isinstance(capabilities, str):
            capabilities = json.dumps(capabilities)
        r = self.ok(shim("mint", "--key", self.path(issuer + ".key"), "--holder", self.path(holder + ".pub"),
                         "--capabilities", capabilities, *more))
        self.write(name, r.stdout)
        return r.stdout.strip()

    def root(self, issuer="issuer"):
        return self.read(issuer + ".pub").strip()


def raw(token):
    token += "=" * (-len(token) % 4)
    return base64.urlsafe_b64decode(token.replace("+", "-").replace("/", "_"))


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def main():
    unittest.main(verbosity=1)
