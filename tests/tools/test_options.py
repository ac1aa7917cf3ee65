# SPDX-License-Identifier: Apache-2.0
"""The option rows: help lists them, completions have them, each one has a test, a wrong one is answered with the nearest."""
import os
import re
import shutil
import subprocess
import unittest
import lib
from lib import shim

HERE = os.path.dirname(os.path.abspath(__file__))
LATER_COMMANDS = ["report", "suggest", "why", "whoami", "status", "renew", "receipts", "srl"]
# design section 11; every one of these must be there
OPTIONS = {
    "run": "warrant root mode level observe policy log preset allow-writable-program create-roots allow-missing-roots app cwd tmpdir "
           "keep-fd quiet log-level on-exit",
    "keygen": "output force",
    "mint": "key holder ttl capabilities output",
    "grant": "parent key holder ttl capabilities inherit output",
    "inspect": "root now",
    "verify": "root now",
    "explain": "warrant root tool args op now policy preset",
    "test": "",
    "plan": "warrant root now policy preset level app cwd baseline",
    "doctor": "",
    "completion": "",
}
LATER_OPTIONS = {
    "run": "session-key holder-key-fd holder-sign grace trace-denials scan-links dns env strict-metadata receipts srl",
    "inspect": "srl", "verify": "srl", "doctor": "as-if scan",
}


def options(command):
    return set(re.findall(r"^  (?:-\w, |    )--([a-z-]+)", shim(command, "--help").stdout, re.M))


class Options(lib.Case):
    def test_commands_are_listed(self):
        listed = re.findall(r"^  ([a-z-]+) +[A-Z]", self.ok(shim("--help")).stdout, re.M)
        self.assertEqual(listed, lib.COMMANDS)

    def test_help_lists_exactly_the_options_of_the_design(self):
        for command, names in OPTIONS.items():
            self.assertEqual(options(command), set(names.split()) | {"json", "help"}, command)

    def test_help_needs_no_manual(self):
        for command in lib.COMMANDS:
            for args in ([command, "--help"], [command, "-h"], ["help", command]):
                text = self.ok(shim(*args)).stdout
                self.assertTrue(text.startswith(f"Usage: tenuo-shim {command}"), args)
                for part in ("\nOptions:\n", "\nExit status:\n", f"\nExample:\n  "):
                    self.assertIn(part, text, args)
                self.assertLessEqual(max(len(line) for line in text.split("\nExample:")[0].splitlines()), 100, command)

    def test_each_option_has_a_test(self):
        source = ""
        for name in os.listdir(HERE):
            if name.startswith("test_") and name != "test_options.py":
                with open(os.path.join(HERE, name), encoding="utf-8") as f:
                    source += f.read()
        for folder in ("launcher", "programs", "preload", "bypass"):
            for base, _, names in os.walk(os.path.join(lib.SOURCE, "tests", folder)):
                for name in names:
                    with open(os.path.join(base, name), encoding="utf-8", errors="replace") as f:
                        source += f.read()
        short = {"output": "-o", "warrant": "-w"}
        for command, names in OPTIONS.items():
            for name in names.split():
                found = re.search(rf"--{name}\b", source) or (name in short and f'"{short[name]}"' in source)
                self.assertTrue(found, f"no test uses {command} --{name}")

    def test_completions_have_every_option(self):
        for shell in ("bash", "zsh", "fish"):
            text = self.ok(shim("completion", shell)).stdout
            for command, names in OPTIONS.items():
                for name in names.split() + ["json", "help"]:
                    pattern = {"bash": rf"(?m)^\t{command}\) words=.*--{name}\b",
                               "zsh": rf"(?ms)^\t{command}\)\n.*?--{name}\[.*? ;;$",
                               "fish": rf"(?m)from {command}' -l {name}\b"}[shell]
                    self.assertRegex(text, pattern, f"{shell}: {command} --{name}")
                for name in LATER_OPTIONS.get(command, "").split():
                    self.assertNotRegex(text, rf"(?m){command}.*--{name}\b")

    def test_bash_completes(self):
        script = self.write("complete.bash", self.ok(shim("completion", "bash")).stdout)
        self.ok(subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False))

        def complete(*words):
            line = " ".join(f"'{w}'" for w in words)
            r = subprocess.run(["bash", "-c", f'. "$1"; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _tenuo_shim; '
                                'printf "%s\\n" "${COMPREPLY[@]}"', "-", script], capture_output=True, text=True, check=True)
            return r.stdout.split()
        self.assertEqual(complete("tenuo-shim", "ver"), ["verify"])
        self.assertEqual(complete("tenuo-shim", "mint", "--hol"), ["--holder"])
        self.assertEqual(complete("tenuo-shim", "explain", "--op", "app"), ["append"])
        self.assertEqual(complete("tenuo-shim", "completion", "z"), ["zsh"])
        self.write("token.file", "x")
        self.assertEqual(complete("tenuo-shim", "verify", self.path("tok")), [self.path("token.file")])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_completes(self):
        script = self.write("c.fish", self.ok(shim("completion", "fish")).stdout)

        def complete(line):
            r = subprocess.run(["fish", "-c", f"source {script}; complete -C '{line}'"], capture_output=True, text=True, check=True)
            return [x.split("\t")[0] for x in r.stdout.splitlines()]
        self.assertEqual(complete("tenuo-shim ver"), ["verify"])
        self.assertEqual(complete("tenuo-shim mint --hol"), ["--holder"])
        self.assertEqual(complete("tenuo-shim explain --op app"), ["append"])

    def test_other_shells_take_theirs(self):
        for shell in ("zsh", "fish"):
            path = self.write(shell, self.ok(shim("completion", shell)).stdout)
            if shutil.which(shell):
                self.ok(subprocess.run([shell, "-n", path], capture_output=True, text=True, check=False))
            text = self.read(shell)
            self.assertEqual(text.replace("'\\''", "").count("'") % 2, 0, f"{shell}: unbalanced quotes")

    def test_completion_of_no_shell(self):
        self.says(shim("completion", "tcsh"), 1, "completion: there are completions for bash, zsh and fish only")

    def test_unknown_option(self):
        for args, said in ((["--forse"], "--forse; did you mean --force?"), (["--forc=1"], "--forc; did you mean --force?"),
                           (["--xyzzy"], "--xyzzy; see tenuo-shim keygen --help")):
            self.says(shim("keygen", *args), 1, f"keygen: there is no option {said}")
        self.says(shim("keygen", "-x"), 1, "keygen: there is no option -x; see tenuo-shim keygen --help")

    def test_values(self):
        self.says(shim("mint", "--ttl"), 1, "mint: --ttl needs a value: T")
        self.says(shim("mint", "--ttl", "--", "x"), 1, "mint: --ttl needs a value: T")
        self.says(shim("mint", "--ttl", "5m", "--ttl=6m"), 1, "mint: --ttl is given twice")
        self.says(shim("keygen", "--force=yes"), 1, "keygen: --force takes no value")
        self.says(shim("keygen", "-o", self.path("k"), "x"), 1, "keygen: one word too many: x")
        self.ok(shim("keygen", f"-o{self.path('k1')}"))
        self.ok(shim("keygen", f"--output={self.path('k2')}"))

    def test_unknown_command(self):
        r = shim("keygne")
        self.assertEqual((r.returncode, r.stderr), (1, "tenuo-shim: there is no command keygne; did you mean keygen?\n"))
        r = shim("xyzzy\x1b[31m")
        self.assertEqual((r.returncode, r.stderr), (1, "tenuo-shim: there is no command xyzzy\\x1b[31m; see tenuo-shim --help\n"))
        r = shim()
        self.assertEqual((r.returncode, r.stderr), (1, "tenuo-shim: a command is missing; see tenuo-shim --help\n"))

    def test_what_comes_later_is_refused_by_name(self):
        for name in LATER_COMMANDS:
            r = shim(name, "x")
            self.assertEqual((r.returncode, r.stderr), (1, f"tenuo-shim: {name} is not in this version yet\n"))
        for command, names in LATER_OPTIONS.items():
            for name in names.split():
                r = shim(command, f"--{name}=x")
                self.assertEqual(r.stderr, f"tenuo-shim {command}: --{name} is not in this version yet\n")
                self.assertEqual(r.returncode, 126 if command == "run" else 1)

    def test_version(self):
        self.assertRegex(self.ok(shim("--version")).stdout, r"\Atenuo-shim \d+\.\d+\.\d+\n\Z")

    def test_error_page(self):
        r = subprocess.run(["python3", os.path.join(lib.SOURCE, "tools", "dev", "errors.py"), "--check"], capture_output=True,
                           text=True, check=False)
        self.ok(r)


if __name__ == "__main__":
    lib.main()
