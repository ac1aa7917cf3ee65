#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The soundness gaps of the upstream verifier, one row per way in, each with the twin that must pass.

A row forges a chain (all signatures good) that would give the last holder more than the first one had.  We refuse to verify it,
with the code in the row;
the twin, as near to it as an honest chain can be, verifies and its probe is allowed.  `upstream` is what the pinned package
answers for the same bytes (tests/interop/holes.py asks it): accepts or refuses."""
import sys
import time

from forge import C, Forge, cset, gates
from wire import Helper, enc

READ = "read_file"
DATA = {READ: cset(path=C.subpath("/data"))}
NARROW = {READ: cset(path=C.subpath("/data/x"))}
SHADOW = (READ, {"path": "/etc/shadow"})
INSIDE = (READ, {"path": "/data/x/f"})
DAY = 86400
NAN = float("nan")


def one(tool, arg, c):
    return {tool: cset(**{arg: c})}


def pair(tool, arg, parent, child):
    return lambda f: f.stack({"tools": one(tool, arg, parent)}, {"tools": one(tool, arg, child)})


class Row:
    def __init__(self, hole, name, code, bad, probe, twin, twin_probe, upstream="accepts", twin_allows=True):
        self.hole, self.name, self.code, self.bad, self.probe = hole, name, code, bad, probe
        self.twin, self.twin_probe, self.upstream, self.twin_allows = twin, twin_probe, upstream, twin_allows


def exec_chain(*specs):
    return lambda f: f.stack(*[dict(s) for s in specs])


def expires(at):
    return lambda f: f.stack({"tools": DATA}, {"tools": NARROW, "expires": at(f)})


def issuer(**kw):
    return {"type": 1, "issuable": [READ], "max_issue_depth": 9, **kw}


GATED = {"pay": cset(), READ: cset()}
PAY, FREE = ("pay", {"path": "/data/x"}), (READ, {"path": "/data/x"})


def gated(tools, parent, child, **more):
    """Two links; parent and child are the gate maps (None: no gates)."""
    def build(f):
        a = {"tools": tools, "approvers": more.get("a", [7]), "min_approvals": 1}
        b = {"tools": more.get("child_tools", tools), "approvers": more.get("b", [7]), "min_approvals": 1}
        if parent is not None:
            a["ext"] = gates(**parent)
        if child is not None:
            b["ext"] = gates(**child)
        return f.stack(a, b)
    return build


def in_gates(tail):
    return lambda f: f.stack({"tools": GATED, "approvers": [7], "ext": {
        "tenuo.approval_gates": gates(pay=None)["tenuo.approval_gates"] + tail}})


BOUNDS = cset(path=C.subpath("/data"))
WIDE = {"*": cset()}
ROWS = [
    Row(1, "empty tools in the middle", 1201, exec_chain({"tools": DATA}, {"tools": {}}, {"tools": WIDE}), SHADOW,
        exec_chain({"tools": DATA}, {"tools": DATA}, {"tools": NARROW}), INSIDE),
    Row(2, "expires_at 2^63", 1202, expires(lambda f: 1 << 63), INSIDE, expires(lambda f: f.now + 2000), INSIDE),
    Row(2, "expires_at 2^64-1", 1202, expires(lambda f: (1 << 64) - 1), INSIDE, expires(lambda f: f.now + 3000), INSIDE),
    Row(2, "expires_at beyond all calendars", 1202, expires(lambda f: 8_300_000_000_000), INSIDE,
        expires(lambda f: f.now + 1000), INSIDE),
    Row(3, "clearance through a hop without one", 1503,
        exec_chain({"tools": DATA, "clearance": 5}, {"tools": DATA}, {"tools": NARROW, "clearance": 9}), INSIDE,
        exec_chain({"tools": DATA, "clearance": 5}, {"tools": DATA, "clearance": 4}, {"tools": NARROW}), INSIDE),
    Row(3, "clearance out of nothing", 1503, exec_chain({"tools": DATA}, {"tools": NARROW, "clearance": 9}), INSIDE,
        exec_chain({"tools": DATA, "clearance": 9}, {"tools": NARROW, "clearance": 9}), INSIDE),
    Row(3, "clearance between issuers", 1503,
        exec_chain(issuer(clearance=2), issuer(clearance=9), {"tools": NARROW, "clearance": 9}), INSIDE,
        exec_chain(issuer(clearance=9), issuer(clearance=2), {"tools": NARROW, "clearance": 2}), INSIDE),
    Row(4, "issuer drops the bounds", 1503, exec_chain(issuer(bounds=BOUNDS), issuer(), {"tools": one(READ, "path", C.wildcard)}), SHADOW,
        exec_chain(issuer(bounds=BOUNDS), issuer(bounds=BOUNDS), {"tools": NARROW}), INSIDE),
    Row(5, "the delegate approves for itself", 1503, gated(GATED, {"pay": None}, {"pay": None}, b=[2]), FREE,
        gated(GATED, {"pay": None}, {"pay": None}), FREE),
    Row(5, "a narrower gate", 1503, gated(GATED, {"pay": {"path": C.pattern("/data/*")}}, {"pay": {"path": C.pattern("/data/y*")}}), PAY,
        gated(GATED, {"pay": {"path": C.pattern("/data/*")}}, {"pay": {"path": "all"}}), FREE),
    Row(5, "gates under * are dropped", 1503, gated(WIDE, {"star": None}, None, child_tools=DATA), INSIDE,
        gated(WIDE, {"pay": None}, {"pay": None}, child_tools=DATA), INSIDE),
    Row(5, "the gate of a tool that * still reaches is dropped", 1503, gated(WIDE, {"pay": None}, None), PAY,
        gated(WIDE, {"pay": None}, {"pay": None}), FREE, upstream="accepts"),
    Row(6, "a range of NaN in between", 1201,
        lambda f: f.stack(*[{"tools": one("f", "n", c)} for c in (C.range(0.0, 10.0), C.range(NAN, NAN), C.range(0.0, 1e9))]),
        ("f", {"n": 1000}), pair("f", "n", C.range(0.0, 10.0), C.range(1.0, 5.0)), ("f", {"n": 3})),
    Row(6, "a range to infinity", 1201, pair("f", "n", C.range(0.0, None), C.range(0.0, float("inf"))), ("f", {"n": 3}),
        pair("f", "n", C.range(0.0, None), C.range(0.0, 7.0)), ("f", {"n": 3})),
    Row(7, "a path under an exact one", 1502, pair("f", "u", C.url_pattern("https://x.org/api"), C.url_pattern("https://x.org/api/*")),
        ("f", {"u": "https://x.org/api/secret"}),
        pair("f", "u", C.url_pattern("https://x.org/api"), C.url_pattern("https://x.org/api")), ("f", {"u": "https://x.org/api"})),
    Row(8, "white space in a CEL string", 1502, pair("f", "s", C.cel('value == "a b"'), C.cel('value == "ab"')), ("f", {"s": "ab"}),
        pair("f", "s", C.cel('value == "a b"'), C.cel('value == "a b"')), ("f", {"s": "a b"}), twin_allows=False),
    Row(8, "brackets in CEL strings", 1502,
        pair("f", "s", C.cel('value == "a"'),
             C.cel('(value == "a") && (false || value == "(") || (value == "b" || value != ")")')),
        ("f", {"s": "b"}), pair("f", "s", C.cel("value == 'x'"), C.cel("value == 'x'")), ("f", {"s": "x"}), twin_allows=False),
    Row(9, "a class that ends like the suffix", 1502, pair("f", "s", C.pattern("*a]"), C.pattern("*[ba]")), ("f", {"s": "xb"}),
        pair("f", "s", C.pattern("*.txt"), C.pattern("*x.txt")), ("f", {"s": "ax.txt"})),
    Row(10, "warrant type 256", 1202, exec_chain({"tools": DATA}, {"tools": NARROW, "raw": {2: enc(256)}}), INSIDE,
        exec_chain({"tools": DATA}, {"tools": NARROW}), INSIDE),
    Row(11, "nothing is within all of nothing", 1502, pair("f", "s", C.all(), C.exact("x")), ("f", {"s": "x"}),
        pair("f", "s", C.all(C.pattern("*")), C.exact("x")), ("f", {"s": "x"})),
    Row(12, "the branch that errs is dropped", 1502, pair("f", "s", C.any(C.cidr("10.0.0.0/8"), C.exact("a")), C.any(C.exact("a"))), ("f", {"s": "a"}),
        pair("f", "s", C.any(C.cidr("10.0.0.0/8"), C.exact("a")), C.any(C.cidr("10.0.0.0/8"), C.exact("a"))), ("f", {"s": "10.1.1.1"})),
    Row(13, "max_depth 65", 1402, exec_chain({"tools": DATA, "max_depth": 65}), INSIDE, exec_chain({"tools": DATA, "max_depth": 64}), INSIDE),
    Row(13, "a lifetime of 90 days and a second", 1303, lambda f: f.stack({"tools": DATA, "issued": f.now, "expires": f.now + 90 * DAY + 1}), INSIDE,
        lambda f: f.stack({"tools": DATA, "issued": f.now, "expires": f.now + 90 * DAY}), INSIDE),
    Row(13, "a reserved tool name", 2100, exec_chain({"tools": {"tenuo:x": cset()}}), ("tenuo:x", {}),
        exec_chain({"tools": {"tenuo": cset()}}), ("tenuo", {})),
    Row(13, "an unknown field in a constraint", 1202, pair(READ, "path", C.subpath("/data"), C.subpath("/data", [("only_on", "monday")])), INSIDE,
        pair(READ, "path", C.subpath("/data"), C.subpath("/data")), INSIDE),
    Row(13, "an unknown field in a constraint set", 1202, lambda f: f.stack({"tools": {READ: cset([("only_on", "monday")])}}), INSIDE,
        lambda f: f.stack({"tools": {READ: cset([("allow_unknown", False)])}}), INSIDE),
    Row(13, "bytes behind the payload", 1202, exec_chain({"tools": DATA, "trailing": b"\x00"}), INSIDE, exec_chain({"tools": DATA}), INSIDE),
    Row(13, "bytes behind the stack", 1202, lambda f: f.stack({"tools": DATA}) + b"\x00", INSIDE, exec_chain({"tools": DATA}), INSIDE),
    Row(13, "a fourth element of the envelope", 1001, exec_chain({"tools": DATA, "after_envelope": lambda e: b"\x84" + e[1:] + b"\x00"}), INSIDE,
        exec_chain({"tools": DATA}), INSIDE),
    Row(13, "bytes behind the gates", 1202, in_gates(b"\x00"), FREE, in_gates(b""), FREE),
    Row(13, "an execution warrant without tools", 1201, exec_chain({"tools": {}}), INSIDE, exec_chain({"tools": {"x": cset()}}), ("x", {}),
        upstream="refuses"),
    Row(14, "* shadows a tool that the parent restricts", 1502, exec_chain({"tools": {**WIDE, **DATA}}, {"tools": WIDE}), SHADOW,
        exec_chain({"tools": {**WIDE, **DATA}}, {"tools": {**WIDE, **NARROW}}), INSIDE),
    Row(14, "* shadows, two links further down", 1502,
        exec_chain({"tools": {**WIDE, **DATA}}, {"tools": {**WIDE, **DATA}}, {"tools": WIDE}), SHADOW,
        exec_chain({"tools": {**WIDE, **DATA}}, {"tools": WIDE | {READ: cset(path=C.subpath("/data"))}}, {"tools": NARROW}), INSIDE),
]


def check(row, f):
    bad, twin, problems = row.bad(f), row.twin(f), []
    verdict = f.h.verify(bad, f.roots(), f.now)
    if not verdict.startswith("err "):
        problems.append(f"the forged chain verifies; its probe: {f.h.allows(bad, f.roots(), f.now, *row.probe)}")
    elif not verdict.startswith(f"err {row.code} "):
        problems.append(f"refused for another reason than {row.code}")
    if f.h.allows(bad, f.roots(), f.now, *row.probe) == "allow":
        problems.append("the forged chain's probe is allowed")
    ok = f.h.verify(twin, f.roots(), f.now)
    if ok != "ok":
        problems.append(f"the twin does not verify: {ok}")
    probe = f.h.allows(twin, f.roots(), f.now, *row.twin_probe)
    if (probe == "allow") != row.twin_allows:
        problems.append(f"the twin's probe: {probe}")
    return verdict, problems


def main():
    f = Forge(Helper(sys.argv[1]), int(time.time()))
    failed = 0
    for row in ROWS:
        verdict, problems = check(row, f)
        print(f"{'not ok' if problems else 'ok'} {row.hole:2} {row.name}: {verdict}")
        for p in problems:
            print(f"    {p}")
        failed += bool(problems)
    missing = set(range(1, 15)) - {r.hole for r in ROWS}
    if missing:
        print(f"holes without a row: {sorted(missing)}")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
