# SPDX-License-Identifier: Apache-2.0
"""plan: words first, then who holds each line."""
import json
import os
import lib
from lib import shim


class Plan(lib.Case):
    def setUp(self):
        super().setUp()
        self.dir = os.path.realpath(self.dir)
        os.mkdir(self.path("data"))
        self.mint({"read_file": {"path": {"subpath": self.path("data")}}, "search": {"query": "x"}})

    def do(self, *args, **kw):
        return shim("plan", "-w", self.path("w"), "--root", self.root(), *args, **kw)

    def doc(self, *args, code=0):
        return json.loads(self.ok(self.do("--json", *args), code).stdout)

    def test_words_come_first(self):
        first = self.ok(self.do()).stdout.splitlines()[0]
        self.assertIn(f"reads {self.path('data')}", first)
        self.assertIn("writes nothing", first)
        self.assertIn("network: none", first)

    def test_who_holds_what(self):
        doc = self.doc()
        self.assertEqual(doc["level"], 1)
        read = [line for line in doc["lines"] if line["op"] == "read"]
        self.assertTrue(read)
        self.assertEqual(read[0]["hold"], "exact")
        rule = [r for r in doc["rules"] if r["path"] == self.path("data")]
        self.assertEqual(len(rule), 1)
        self.assertIn("read", rule[0]["rights"])
        self.assertNotIn("write", rule[0]["rights"])

    def test_level_0_holds_nothing(self):
        doc = self.doc("--level", "0")
        self.assertEqual({line["hold"] for line in doc["lines"] if line["op"] == "read"}, {"advisory"})
        for level in ("2", "3"):
            self.says(self.do("--level", level), 1, f"plan: level {level} is not in this version yet")
        self.says(self.do("--level", "x"), 1, "plan: --level is 0 or 1")

    def test_tools_and_what_they_stand_for(self):
        doc = self.doc()
        ops = {t["tool"]: t["ops"] for t in doc["tools"]}
        self.assertIn("read", ops["read_file"])
        self.assertNotIn("write", ops["read_file"])
        self.assertEqual(ops["search"], [])
        self.assertEqual(doc["framework_only"], ["search"])
        self.assertRegex(self.do().stdout, r"search +checked by the framework, not by the system")

    def test_opens_everything(self):
        self.mint({"*": {}}, name="open")
        r = shim("plan", "-w", self.path("open"), "--root", self.root())
        self.assertEqual(r.stdout.splitlines()[0], "This warrant opens everything: it has * without constraints.")

    def test_baseline(self):
        self.assertNotIn("baseline", self.doc())
        rows = self.doc("--baseline")["baseline"]
        self.assertTrue({"B0", "B1", "B2"} <= {r["row"] for r in rows})
        self.assertFalse([r for r in rows if r["path"].endswith("/shadow")])
        self.assertIn("\nBaseline, what any program gets here:\n", self.do("--baseline").stdout)
        more = self.doc("--baseline", "--preset", "git")["baseline"]
        self.assertTrue([r for r in more if r["row"] == "preset:git"] or not os.path.exists("/usr/bin/git"))

    def test_with_a_program(self):
        doc = self.doc("--baseline", "--", "/bin/cat", "--app", "x")
        self.assertTrue(doc["program"].endswith("/bin/cat"))
        self.assertTrue([r for r in doc["baseline"] if r["row"] == "B3" and r["path"].endswith("/cat")])

    def test_the_commands_own_options_are_its_own(self):
        self.assertFalse(self.ok(self.do("/bin/cat", "--json")).stdout.startswith("{"))
        self.assertTrue(self.ok(self.do("--json", "/bin/cat", "--help")).stdout.startswith("{"))

    def test_app_and_cwd(self):
        os.mkdir(self.path("app"))
        rows = self.doc("--baseline", "--app", self.path("app"))["baseline"]
        self.assertTrue([r for r in rows if r["path"] == self.path("app") and "exec" in r["rights"]])
        r = json.loads(self.ok(self.do("--json", "--baseline", "--cwd", cwd=self.dir)).stdout)["baseline"]
        self.assertTrue([x for x in r if x["path"] == self.dir and "read" in x["rights"]])

    def test_missing_root_is_told(self):
        self.mint({"read_file": {"path": {"subpath": self.path("nowhere")}}}, name="m")
        r = self.ok(shim("plan", "-w", self.path("m"), "--root", self.root()))
        self.assertIn(f"{self.path('nowhere')} does not exist", r.stdout)

    def test_invalid_warrant(self):
        r = self.ok(shim("plan", "-w", self.path("w"), "--root", self.key("other")), 2)
        self.assertIn("(1406 untrusted-root)", r.stdout)
        r = self.ok(self.do("--now", "4000000000"), 2)
        self.assertIn("(1300 warrant-expired)", r.stdout)

    def test_policy(self):
        bad = self.write("p.json", '{"no_such_key": 1}')
        r = self.do("--policy", bad)
        self.assertEqual(r.returncode, 1)
        self.assertIn("no_such_key", r.stderr)

    def test_unknown_program(self):
        r = self.do("--", "no-such-program-anywhere")
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.startswith("tenuo-shim plan: cannot plan: "), r.stderr)


if __name__ == "__main__":
    lib.main()
