# SPDX-License-Identifier: Apache-2.0
"""test: every kind of row, with its answer and with what is wrong with it."""
import json
import lib
from lib import shim

SUBPATH = {"subpath": "/data"}


class Rows(lib.Case):
    def ask(self, *rows, code=0):
        text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows)
        r = self.ok(shim("test", "--json", self.write("rows.jsonl", text)), code)
        return [json.loads(line) for line in r.stdout.splitlines()]

    def results(self, *rows, code=0):
        return [a["result"] for a in self.ask(*rows, code=code)]

    def test_constraint_and_value(self):
        self.assertEqual(self.results({"constraint": SUBPATH, "value": "/data/x"}, {"constraint": SUBPATH, "value": "/etc"},
                                      {"constraint": {"cidr": "10.0.0.0/8"}, "value": "not an address"},
                                      {"constraint": {"regex": "a"}, "value": "a"}, {"constraint": 5, "value": 5}),
                         ["match", "no-match", "error", "error", "match"])

    def test_arguments(self):
        s = {"path": SUBPATH}
        rows = [{"arg_constraints": s, "args": {"path": "/data/x"}}, {"arg_constraints": s, "args": {"path": "/etc"}},
                {"arg_constraints": s, "args": {}}, {"arg_constraints": s, "args": {"path": "/data/x", "more": 1}},
                {"arg_constraints": {**s, "_allow_unknown": True}, "args": {"path": "/data/x", "more": 1}}]
        self.assertEqual(self.results(*rows), ["match", "no-match", "no-match", "no-match", "match"])

    def test_attenuation(self):
        self.assertEqual(self.results({"parent": SUBPATH, "child": {"subpath": "/data/x"}}, {"parent": SUBPATH, "child": {"subpath": "/"}},
                                      {"parent_args": {}, "child_args": {"path": SUBPATH}},
                                      {"parent_args": {"path": SUBPATH}, "child_args": {}}), ["ok", "reject", "ok", "reject"])

    def test_warrants(self):
        token = self.mint({"read_file": {"path": SUBPATH}})
        chain = json.loads(shim("inspect", "--json", self.path("w")).stdout)["chain"]
        now, root = chain[0]["issued_at"], self.root()
        call = {"warrant": token, "now": now, "tool": "read_file", "args": {"path": "/data/x"}}
        rows = [{"warrant": token, "now": now}, {"warrant": token, "now": now, "roots": [root]},
                {"warrant": token, "now": now, "roots": [self.key("other")]}, {"warrant": token, "now": now, "roots": []},
                {"warrant": token, "now": now + 300}, {"warrant": token[:-8], "now": now},
                call, {**call, "args": {"path": "/etc"}}, {**call, "tool": "write_file"}, {**call, "now": now + 300},
                {**call, "roots": []}, {k: v for k, v in call.items() if k != "args"}]
        self.assertEqual(self.results(*rows), ["ok", "ok", "reject", "reject", "reject", "reject",
                                               "allow", "deny", "deny", "deny", "deny", "deny"])

    def test_codes_and_reasons(self):
        token = self.mint({"read_file": {"path": SUBPATH}})
        now = json.loads(shim("inspect", "--json", self.path("w")).stdout)["chain"][0]["issued_at"]
        answers = self.ask({"warrant": token, "now": now + 300}, {"warrant": token, "now": now, "tool": "x", "args": {}},
                           {"warrant": token, "now": now, "tool": "read_file", "args": {"path": "/etc"}},
                           {"warrant": token, "now": now, "roots": []})
        self.assertEqual([a["code"] for a in answers], [1300, 1500, 1501, 3003])
        for a in answers:
            self.assertTrue(a["reason"])

    def test_ids_as_given_else_the_row_number(self):
        row = {"constraint": 1, "value": 1}
        answers = self.ask({**row, "id": "a"}, row, {**row, "id": 17}, {**row, "id": {"x": [1, None, 2.5]}})
        self.assertEqual([a["id"] for a in answers], ["a", 2, 17, {"x": [1, None, 2.5]}])

    def test_unreadable_rows_do_not_stop_the_rest(self):
        bad = ["{", "5", "[]", "{}", '{"id": "x"}', '{"constraint": 1, "constraint": 2, "value": 1}', '{"constraint": {"bogus": 1}, "value": 1}',
               '{"constraint": 1}', '{"warrant": 5, "now": 1}', '{"warrant": "x"}', '{"warrant": "x", "now": "y"}',
               '{"warrant": "x", "now": 1, "tool": 5}', '{"parent": 1}', '{"arg_constraints": {}, "args": 5}']
        answers = self.ask(*bad, {"constraint": 1, "value": 1}, code=1)
        for row, a in zip(bad, answers):
            self.assertEqual(a["result"], "error", row)
            self.assertTrue(a["reason"], row)
        self.assertEqual(answers[-1]["result"], "match")

    def test_nul_in_values(self):
        rows = [{"id": "n", "constraint": SUBPATH, "value": "/data/x\0"}, {"constraint": {"wildcard": True}, "value": "\0"},
                {"constraint": {"exact": "a"}, "value": "a\0"}, {"constraint": {"exact": "\\u0000"}, "value": "\\u0000"},
                {"arg_constraints": {}, "args": {"a": ["\0"]}}, {"constraint": {"not": {"exact": "a"}}, "value": "a\0"}]
        self.assertEqual(self.results(*rows), ["no-match", "match", "no-match", "match", "match", "match"])
        self.assertEqual(self.results({"constraint": {"exact": "\0"}, "value": "\0"}, code=1), ["error"])
        self.assertEqual(self.ask(rows[0])[0]["id"], "n")

    def test_cel_is_not_there_yet(self):
        a = self.ask({"cel": "1 + 1", "vars": {}})[0]
        self.assertEqual((a["result"], a["reason"]), ("error", "CEL is not in this version yet"))

    def test_expectations(self):
        self.ask({"constraint": 1, "value": 1, "expect": "match"}, {"constraint": 1, "value": 2, "expect": "error"},
                 {"constraint": {"cidr": "10.0.0.0/8"}, "value": "x", "expect": "no-match"})
        self.ask({"constraint": 1, "value": 1, "expect": "no-match"}, code=2)
        self.ask({"constraint": 1, "value": 1, "expect": 5}, code=2)
        self.ask({"parent": 1, "child": 2, "expect": "ok"}, code=2)

    def test_text(self):
        f = self.write("t.jsonl", '{"id": "one", "constraint": 1, "value": 1, "expect": "match"}\n\n'
                                  '{"id": "two", "constraint": 1, "value": 2, "expect": "match"}\n{"constraint": 1, "value": 1}\n')
        r = self.ok(shim("test", f), 2)
        self.assertRegex(r.stdout, r"\Atwo: no-match, expected match \(.*\)\nrow 4: match\n3 rows: 1 as expected, 1 differ, 1 without expectation\n\Z")

    def test_several_files_and_stdin(self):
        f = self.write("t.jsonl", '{"constraint": 1, "value": 1}\n')
        r = self.ok(shim("test", "--json", f, "-", stdin='{"constraint": 1, "value": 2}'))
        self.assertEqual([json.loads(x)["result"] for x in r.stdout.splitlines()], ["match", "no-match"])

    def test_files_that_cannot_be_read(self):
        self.says(shim("test"), 1, "test: FILE.jsonl is missing; see tenuo-shim test --help")
        self.says(shim("test", self.path("no")), 1, f"test: cannot open {self.path('no')}: No such file or directory")
        self.says(shim("test", self.dir), 1, f"test: cannot read {self.dir}: Is a directory")


if __name__ == "__main__":
    lib.main()
