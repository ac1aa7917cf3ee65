#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Both ways with the real package: they mint and delegate, we verify and decide; we mint and delegate, they verify.

Bytes too: a warrant of theirs, minted again by us from the same key, id, times and tools, is the same token."""
import sys
import time

import tenuo
from tenuo import (AnyOf, Authorizer, Cidr, Contains, Exact, Not, NotOneOf, OneOf, Pattern, SigningKey, Subpath, Subset, UrlPattern,
                   UrlSafe, Warrant, Wildcard)
from tenuo_core import CEL, All, Clearance, Range, Regex, Shlex

from forge import C, cset
from wire import Helper, b64, dec, enc, head, raw_fields

NOW = int(time.time())
KEYS = [SigningKey.from_bytes(bytes([i + 1]) * 32) for i in range(5)]
SEEDS = [bytes([i + 1]) * 32 for i in range(5)]
PUBS = [k.public_key_bytes() if callable(getattr(k, "public_key_bytes")) else k.public_key_bytes for k in KEYS]
PUBS = [bytes(p) for p in PUBS]


class Report:
    def __init__(self):
        self.n = self.bad = 0

    def same(self, what, want, got):
        self.n += 1
        if want != got:
            self.bad += 1
            print(f"{what}:\n    want {want}\n    got  {got}")

    def starts(self, what, want, got):
        self.same(what, want, got[:len(want)])


# constraint, arguments that pass, arguments that do not
CONSTRAINTS = [
    ("exact text", Exact("x"), ["x"], ["y", 1]),
    ("contains values", Contains([5, 2.5, True, [1, "a"], {"b": 1, "aa": [2]}]), [[5, 2.5, True, [1, "a"], {"aa": [2], "b": 1}]],
     [[5.0, 2.5, True, [1, "a"], {"aa": [2], "b": 1}], [5, 2.5, True, ["a", 1], {"aa": [2], "b": 1}]]),
    ("pattern", Pattern("/data/*.txt"), ["/data/a/b.txt"], ["/etc/x.txt", 7]),
    ("range", Range(min=0.5, max=100000.25), [1, 99.5], [0, 1e9, "1"]),
    ("range half", Range(min=1.0), [2, 1.0], [0]),
    ("one of", OneOf(["a", "b"]), ["a"], ["c"]),
    ("not one of", NotOneOf(["a"]), ["b", 3], ["a"]),
    ("cidr", Cidr("10.0.0.0/8"), ["10.1.2.3"], ["11.0.0.1", "host"]),
    ("url pattern", UrlPattern("https://*.example.com/v1/*"), ["https://a.example.com/v1/x"], ["https://evil.com/v1/x"]),
    ("contains", Contains(["a"]), [["a", "b"]], [["b"], "a"]),
    ("subset", Subset(["a", "b"]), [["a"], []], [["c"]]),
    ("all", All([Pattern("/d/*"), Pattern("*.md")]), ["/d/x.md"], ["/d/x"]),
    ("any", AnyOf([Exact("a"), Pattern("b*")]), ["a", "bc"], ["c"]),
    ("not", Not(Exact("a")), ["b"], ["a"]),
    ("wildcard", Wildcard(), ["x", 1, None], []),
    ("subpath", Subpath("/data"), ["/data", "/data/x"], ["/data/../etc", "data"]),
    ("subpath flags", Subpath("/data", case_sensitive=False, allow_equal=False), ["/DATA/x"], ["/data"]),
    ("url safe", UrlSafe(), ["https://example.com/"], ["http://127.0.0.1/", "ftp://example.com/"]),
    ("url safe fields", UrlSafe(allow_schemes=["https"], allow_domains=["*.example.com"], allow_ports=[443], deny_domains=["x.example.com"],
                                block_private=False, block_internal_tlds=True),
     ["https://a.example.com/"], ["https://x.example.com/", "http://a.example.com/"]),
    ("shlex", Shlex(allow=["ls"]), ["ls -la"], ["ls; rm", "rm"]),
    ("regex", Regex("^a+$"), [], ["b"]),
    ("cel", CEL("value == 'a'"), [], ["b"]),
]


def token(w):
    return w.to_base64()


def ours(h, chain, tool, args, root=0):
    stack = head(4, len(chain)) + b"".join(b64(token(w)) for w in chain)
    return h.allows(stack, [PUBS[root]], NOW, tool, args).split()[0]


def theirs(chain, tool, args, holder, root=0):
    try:
        sig = chain[-1].sign(KEYS[holder], tool, args, NOW)
        Authorizer(trusted_roots=[KEYS[root].public_key]).check_chain(chain, tool, args, signature=sig)
        return "allow"
    except Exception:
        return "deny"


def remint(h, w, seed, **more):
    """Our own minting of what their warrant says."""
    f = raw_fields(bytes(w.payload_bytes() if callable(w.payload_bytes) else w.payload_bytes))
    v = {k: dec(raw)[0] for k, raw in f.items()}
    ext = {k: bytes(x) for k, x in v.get(10, {}).items()}
    issuer = v[2] == 1
    return dict(seed=seed.hex(), now=v[6], ttl=v[7] - v[6], id=v[1].hex(), holder=v[4][1].hex(), maxdepth=v[8],
                tools=None if issuer else f[3].hex(), issuer="1" if issuer else None,
                issuable=",".join(t.encode().hex() for t in v.get(11, [])) or None, bounds=f[14].hex() if 14 in f else None,
                maxissue=v.get(13), clearance=v.get(17),
                session=ext.get("tenuo.session_id", b"").hex() or None, agent=ext.get("tenuo.agent_id", b"").hex() or None, **more)


def check_bytes(h, r, what, w, seed, parents=()):
    r.same(f"{what}: written again", "same", h.ask("reencode", t=token(w)))
    if not parents:
        r.same(f"{what}: minted again", token(w), h.ask("mint", **remint(h, w, seed)))
        return
    stack = head(4, len(parents)) + b"".join(b64(token(p)) for p in parents)
    got = h.ask("grant", parent="hex:" + stack.hex(), **remint(h, w, seed))
    r.same(f"{what}: granted again", head(4, len(parents) + 1) + b"".join(b64(token(p)) for p in [*parents, w]),
           b64(got) if not got.startswith("err") else got)


def they_mint(h, r):
    for name, c, good, bad in CONSTRAINTS:
        w = Warrant.mint_builder().capability("tool", arg=c).holder(KEYS[1].public_key).ttl(300).mint(KEYS[0])
        check_bytes(h, r, name, w, SEEDS[0])
        for want, values in (("allow", good), ("deny", bad)):
            for v in values:
                r.same(f"{name} {v!r}: theirs", want, theirs([w], "tool", {"arg": v}, 1))
                r.same(f"{name} {v!r}: ours", want, ours(h, [w], "tool", {"arg": v}))
        r.same(f"{name}: no argument", theirs([w], "tool", {}, 1), ours(h, [w], "tool", {}))
        r.same(f"{name}: other tool", "deny", ours(h, [w], "other", {"arg": "x"}))


def they_delegate(h, r):
    root = (Warrant.mint_builder().capability("read_file", path=Subpath("/data")).capability("ping").session_id("s-1")
            .clearance(Clearance(7)).holder(KEYS[1].public_key).ttl(900).mint(KEYS[0]))
    mid = (root.grant_builder().capability("read_file", path=Subpath("/data/a")).holder(KEYS[2].public_key).ttl(600).grant(KEYS[1]))
    leaf = (mid.grant_builder().capability("read_file", path=Exact("/data/a/f")).holder(KEYS[3].public_key).terminal().ttl(60).grant(KEYS[2]))
    everything = root.grant_builder().inherit_all().holder(KEYS[2].public_key).ttl(600).grant(KEYS[1])
    for chain, probes in (([root], ["/data/x", "/etc"]), ([root, mid], ["/data/a/x", "/data/x"]), ([root, mid, leaf], ["/data/a/f", "/data/a/g"]),
                          ([root, everything], ["/data/x", "/etc"])):
        for p in probes:
            r.same(f"delegated {len(chain)} {p}", theirs(chain, "read_file", {"path": p}, len(chain)), ours(h, chain, "read_file", {"path": p}))
    check_bytes(h, r, "root with session and clearance", root, SEEDS[0])
    check_bytes(h, r, "child", mid, SEEDS[1], [root])
    check_bytes(h, r, "grandchild", leaf, SEEDS[2], [root, mid])
    check_bytes(h, r, "child with everything", everything, SEEDS[1], [root])
    # their own text forms
    stack = tenuo.encode_warrant_stack([root, mid, leaf])
    roots = PUBS[0].hex()
    r.same("their stack", "ok", h.ask("verify", t=stack, roots=roots, now=NOW))
    pem = "".join(w.to_pem() for w in (root, mid, leaf))
    r.same("their PEM, concatenated", "ok", h.ask("verify", t="hex:" + pem.encode().hex(), roots=roots, now=NOW))
    r.starts("the leaf without its chain", "err 1405", h.ask("verify", t=token(leaf), roots=PUBS[2].hex(), now=NOW))
    r.starts("another root", "err 1406", h.ask("verify", t=stack, roots=PUBS[4].hex(), now=NOW))
    r.same("PEM of one", root.to_pem().encode().hex(), h.ask("form", t=token(root), **{"as": 2}))


def they_issue(h, r):
    issuer = (Warrant.mint_builder().issuer().issuable_tools(["read_file", "a"]).constraint_bounds({"path": Subpath("/data")})
              .max_issue_depth(5).clearance(Clearance(4)).session_id("s").holder(KEYS[1].public_key).ttl(900).mint(KEYS[0]))
    check_bytes(h, r, "issuer", issuer, SEEDS[0])
    leaf = issuer.issue_execution().capability("read_file", path=Subpath("/data/x")).holder(KEYS[2].public_key).ttl(60).build(KEYS[1])
    check_bytes(h, r, "issued", leaf, SEEDS[1], [issuer])
    for p in ("/data/x/y", "/data/y"):
        r.same(f"issued {p}", theirs([issuer, leaf], "read_file", {"path": p}, 2), ours(h, [issuer, leaf], "read_file", {"path": p}))
    r.same("an issuer cannot act", theirs([issuer], "read_file", {"path": "/data/x"}, 1), ours(h, [issuer], "read_file", {"path": "/data/x"}))


def they_gate(h, r):
    gates = {"pay": None, "write": {"path": Subpath("/etc")}}
    root = (Warrant.mint_builder().capability("pay").capability("write", path=Subpath("/")).capability("free")
            .approval_gates(gates).required_approvers([KEYS[4].public_key]).min_approvals(1).holder(KEYS[1].public_key).ttl(900).mint(KEYS[0]))
    child = root.grant_builder().inherit_all().holder(KEYS[2].public_key).ttl(60).grant(KEYS[1])
    part = root.grant_builder().capability("pay").holder(KEYS[2].public_key).ttl(60).grant(KEYS[1])
    r.same("gated, written again", "same", h.ask("reencode", t=token(root)))
    check_bytes(h, r, "gated child", child, SEEDS[1], [root])
    for chain in ([root], [root, child], [root, part]):
        for tool, args in (("pay", {}), ("write", {"path": "/etc/x"}), ("write", {"path": "/tmp/x"}), ("free", {})):
            r.same(f"gated {len(chain)} {tool} {args}", theirs(chain, tool, args, len(chain)), ours(h, chain, tool, args))
    stack = head(4, 1) + b64(token(root))
    r.starts("a gate that fires", "deny 1707", h.allows(stack, [PUBS[0]], NOW, "pay", {}))


def we_mint(h, r):
    tools = {"read_file": cset(path=C.subpath("/data")), "ping": cset()}
    root = h.ask("mint", seed=SEEDS[0].hex(), now=NOW, ttl=900, holder=PUBS[1].hex(), tools=enc(tools).hex(), session=b"s".hex(),
                 agent=b"me".hex(), clearance=3)
    mid = h.ask("grant", parent=root, seed=SEEDS[1].hex(), now=NOW, ttl=600, holder=PUBS[2].hex(), inherit=1)
    leaf = h.ask("grant", parent=mid, seed=SEEDS[2].hex(), now=NOW, holder=PUBS[3].hex(),
                 tools=enc({"read_file": cset(path=C.subpath("/data/a"))}).hex())
    for text, holder, probes in ((root, 1, ["/data/x", "/etc/x"]), (mid, 2, ["/data/x", "/etc/x"]), (leaf, 3, ["/data/a/x", "/data/x"])):
        chain = tenuo.decode_warrant_stack_base64(text)
        for p in probes:
            r.same(f"ours at {holder}: {p}", "allow" if p.startswith("/data/a" if holder == 3 else "/data") else "deny",
                   theirs(chain, "read_file", {"path": p}, holder))
            r.same(f"ours at {holder}: {p}, both", theirs(chain, "read_file", {"path": p}, holder), ours(h, chain, "read_file", {"path": p}))
    w = tenuo.decode_warrant_stack_base64(root)[0]
    r.same("session", "s", w.session_id)
    r.same("their child of our root", "allow", ours(
        h, [w, w.grant_builder().capability("ping").holder(KEYS[2].public_key).ttl(60).grant(KEYS[1])], "ping", {}))
    for form, name in ((1, "stack"), (3, "PEM chain")):
        text = bytes.fromhex(h.ask("form", t=leaf, **{"as": form})).decode()
        r.same(f"our {name}", 3, len(tenuo.decode_warrant_stack_base64(text)))


def we_issue(h, r):
    issuer = h.ask("mint", seed=SEEDS[0].hex(), now=NOW, ttl=900, holder=PUBS[1].hex(), issuer=1, issuable=b"read_file".hex(),
                   bounds=enc(cset(path=C.subpath("/data"))).hex(), maxissue=5)
    leaf = h.ask("grant", parent=issuer, seed=SEEDS[1].hex(), now=NOW, holder=PUBS[2].hex(),
                 tools=enc({"read_file": cset(path=C.subpath("/data/x"))}).hex())
    chain = tenuo.decode_warrant_stack_base64(leaf)
    r.same("our issue", "allow", theirs(chain, "read_file", {"path": "/data/x/f"}, 2))
    for what, kw in (("outside the bounds", dict(holder=PUBS[2].hex(), tools=enc({"read_file": cset(path=C.subpath("/etc"))}).hex())),
                     ("a tool that is not issuable", dict(holder=PUBS[2].hex(), tools=enc({"x": cset(path=C.subpath("/data"))}).hex())),
                     ("to itself", dict(tools=enc({"read_file": cset(path=C.subpath("/data"))}).hex()))):
        r.starts(what, "err", h.ask("grant", parent=issuer, seed=SEEDS[1].hex(), now=NOW, **kw))


def keys(h, r):
    private, public = h.ask("pem", seed=SEEDS[0].hex()).split()
    r.same("private PEM", KEYS[0].to_pem().encode().hex(), private)
    r.same("public PEM", KEYS[0].public_key.to_pem().encode().hex(), public)
    r.same("their PEM", PUBS[2].hex(), h.ask("key", text=KEYS[2].to_pem().encode().hex()))
    r.same("their public PEM", PUBS[2].hex(), h.ask("pub", text=KEYS[2].public_key.to_pem().encode().hex()))


def main():
    h, r = Helper(sys.argv[1]), Report()
    for part in (they_mint, they_delegate, they_issue, they_gate, we_mint, we_issue, keys):
        part(h, r)
    print(f"tenuo {tenuo.__version__}: {r.n} comparisons, {r.bad} differ")
    return 1 if r.bad else 0


if __name__ == "__main__":
    sys.exit(main())
