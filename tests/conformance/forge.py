# SPDX-License-Identifier: Apache-2.0
"""Chains with any content, properly signed: what a hostile delegate could send."""
from wire import Pairs, Raw, enc, head

ROOT = bytes([1]) * 32


def seed(i):
    return bytes([i + 1]) * 32


class C:
    """Constraints as the wire writes them."""
    wildcard = [16, None]

    @staticmethod
    def exact(v):
        return [1, {"value": v}]

    @staticmethod
    def pattern(p):
        return [2, {"pattern": p}]

    @staticmethod
    def range(lo, hi):
        return [3, Pairs([("min", lo), ("max", hi), ("min_inclusive", True), ("max_inclusive", True)])]

    @staticmethod
    def cidr(n):
        return [8, n]

    @staticmethod
    def url_pattern(u):
        return [9, u]

    @staticmethod
    def all(*c):
        return [12, {"constraints": list(c)}]

    @staticmethod
    def any(*c):
        return [13, {"constraints": list(c)}]

    @staticmethod
    def cel(e):
        return [15, {"expression": e}]

    @staticmethod
    def subpath(root, more=()):
        return [17, Pairs([("root", root), ("case_sensitive", True), ("allow_equal", True), *more])]


def cset(more=(), **args):
    return Pairs([("constraints", args), *more])


def key(pub):
    return [1, pub]


class Forge:
    """holder i of link i is seed(i + 1); link 0 is signed by seed(0) = ROOT."""

    def __init__(self, helper, now):
        self.h, self.now, self.serial = helper, now, 0
        self.pubs = {}

    def pub(self, i):
        if i not in self.pubs:
            from ed25519_pub import public_key
            self.pubs[i] = public_key(seed(i))
        return self.pubs[i]

    def payload(self, i, parent, spec):
        self.serial += 1
        spec = dict(spec)
        raw = spec.pop("raw", {})
        fields = {
            0: 1,
            1: self.serial.to_bytes(16, "big"),
            2: spec.pop("type", 0),
            3: spec.pop("tools", {}),
            4: key(self.pub(spec.pop("holder", i + 1))),
            5: key(self.pub(spec.pop("issuer", i))),
            6: spec.pop("issued", self.now - 10),
            7: spec.pop("expires", self.now + 3000 - i),
            8: spec.pop("max_depth", 10),
        }
        if parent is not None:
            from hashlib import sha256
            fields[9] = list(sha256(parent).digest())
        for k, name in ((10, "ext"), (11, "issuable"), (13, "max_issue_depth"), (14, "bounds"), (16, "min_approvals"),
                        (17, "clearance")):
            if name in spec:
                v = spec.pop(name)
                fields[k] = {n: list(x) for n, x in v.items()} if name == "ext" else v
        if "approvers" in spec:
            fields[15] = [key(self.pub(a)) for a in spec.pop("approvers")]
        fields[18] = spec.pop("depth", i)
        trailing = spec.pop("trailing", b"")
        assert not spec, spec
        fields.update({k: Raw(v) for k, v in raw.items()})
        return enc(Pairs(sorted(fields.items()))) + trailing

    def links(self, *specs):
        out, parent = [], None
        for i, spec in enumerate(specs):
            spec = dict(spec)
            after = spec.pop("after_envelope", None)
            parent = self.payload(i, parent, spec)
            env = self.h.sign(seed(spec.get("issuer", i)), parent)
            out.append(after(env) if after else env)
        return out

    def stack(self, *specs):
        links = self.links(*specs)
        return head(4, len(links)) + b"".join(links)

    def roots(self):
        return [self.pub(0)]


def gates(**tools):
    """{tool: None | {arg: gate}} as the extension carries it; star= for "*"."""
    return {"tenuo.approval_gates": enc({("*" if t == "star" else t): {"args": a} for t, a in tools.items()})}
