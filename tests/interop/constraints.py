#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drawn constraints and values before both implementations: constraints.py CONFORMANCE [COUNT [SEED [ROWS]]].

The package answers, the conformance runner compares: where the answers differ ours has to be the stricter one.
The package's own classes are asked through All([c]), which is its core's match and attenuation for any kind.
"""
import json
import random
import subprocess
import sys
import tempfile

import tenuo_core as t

GLOB = ["a", "b", "ab", "a]", "]", "-", "/", "/data/", "*", "*", "**", "**/", "?", "[ab]", "[!a]", "[ba]", "[*]", "é", "[", "x"]
TEXT = ["a", "b", "ab", "]", "-", "/", "/data", "/data/", "x", "*", "é", ".", "..", "", "ls -la", "10.1.2.3", "::1"]
HOSTS = ["example.com", "api.example.com", "EXAMPLE.com", "evil.com", "evil.com.", "localhost", "localhost.", "a.localhost", "127.0.0.1",
         "10.1.2.3", "0x7f.1", "8.8.8.8", "[::1]", "[::]", "[::ffff:8.8.8.8]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2001:db8::1]",
         "bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "metadata.google.internal", "☃.example", "u:p@example.com", "a%2eb",
         "100.64.0.1", "", "*", "svc", "172.20.1.1", "[fec0::1]", "[fe80::1]", "0.0.0.0", "255.255.255.255", "169.254.1.1", "010.0.0.1",
         "2130706433", "1.2.3.4.5", "xn--a", "xn--", "a_b.com", "a b.com", "Ａ.com", "ß.de", "a\u00adb.com", "İ.com", "x.corp", "例子.com"]
DOMAINS = ["example.com", "*.example.com", "api.example.com", "*.api.example.com", "evil.com", "*.com", "bücher.example", "xn--bcher-kva.example",
           "8.8.8.8", "[::1]", "*", "bad domain", "Example.COM", "evil.com.", "10.1.2.3", "☃.example", "*.☃.example", "a:80", "%65vil.com", "*.10.1.2.3"]
SCHEMES = ["https", "http", "HTTPS", "ftp", "foo", "ws", "file"]
PORTS = ["", "", "", ":80", ":443", ":8443", ":0", ":"]
URL_PATHS = ["", "/", "/api", "/api/", "/api/v1", "/api/../x", "/api/a%2fb", "/data/a", "/*", "/a b", "/a[b", "?q", "#f", "\\x", "/é", "/%2e%2E/x", "/a.json"]
PAT_HOSTS = ["example.com", "*.example.com", "api.example.com", "*.api.example.com", "*", "[::1]", "8.8.8.8", "u@*", "u@*.example.com", "EXAMPLE.com",
             "bücher.example", "", "*example.com", "a*.com", "*.1.2"]
PAT_PATHS = ["", "/", "/*", "/api", "/api/*", "/api/v1/*", "/*.json", "/api/**", "/a**", "/[ab]/*", "/api/*/x", "/[", "?x", "/a b", "/é*"]
IPS = ["10.0.0.1", "10.1.2.3", "10.1.255.255", "192.168.1.1", "::1", "2001:db8::1", "::ffff:10.0.0.1", "010.0.0.1", "a", "0.0.0.0", "1.2.3", "::1%eth0", ""]
NETS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "10.1.2.3/32", "0.0.0.0/0", "::/0", "2001:db8::/32", "10.0.0.0/255.0.0.0", "192.168.0.0/16",
        "::ffff:10.0.0.0/104", "10.1.2.3/8", "10.0.0.0/33", "x", "10.0.0/8", "::/ffff::", "10.0.0.0/255.0.255.0", "10.0.0.0/0.0.0.0"]
ROOTS = ["/data", "/data/", "/data/sub", "/", "/data/../etc", "/dé", "C:\\data", "C:/", "/data2", "/a b"]
PATHS = ["/data", "/data/x", "/DATA/x", "/data/sub/x", "/data/../etc/passwd", "/data/sub/../x", "/data2/x", "/", "data/x", "/data\\x", "/dé/x", "/DÉ/x",
         "C:\\data\\x", "C:/x", "c:/data/x", "//data//x", "/data/./x", "/data/..", "/etc/x", "/data/x\x00y", "/..//data", "C:\\", "/K/x"]
COMMANDS = ["ls", "ls -la", "/bin/ls", "/tmp/../ls", "git status", "npm", "ls;rm", "rm -rf /", " ls", "\u00a0ls", "", "ls\u2003x", "ls\u200bx", "ls\nx", "'ls'"]
PROGRAMS = ["ls", "git", "npm", "/bin/ls", "rm"]
BOUNDS = [None, 0.0, 1.0, 1.5, 100.0, -1.0, 9007199254740992.0]


class Draw:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def pick(self, table):
        return self.r.choice(table)

    def texts(self, table, most):
        return [self.pick(table) for _ in range(self.r.randint(0, most))]

    def url(self):
        return self.pick(SCHEMES) + self.pick(["://"] * 10 + [":", ":/", ":///"]) + self.pick(HOSTS) + self.pick(PORTS) + self.pick(URL_PATHS)

    def scalar(self):
        return self.pick([lambda: self.r.choice([True, False]), lambda: self.r.randint(-1, 3), lambda: 9007199254740993, lambda: 1.5, lambda: 1.0,
                          lambda: self.pick(IPS), lambda: self.pick(PATHS), self.url, lambda: self.pick(COMMANDS), lambda: self.pick(TEXT),
                          lambda: self.pick(TEXT)])()

    def value(self):
        return [self.scalar() for _ in range(self.r.randint(0, 3))] if self.r.random() < 0.12 else self.scalar()

    def url_safe(self):
        r = self.r
        return {"schemes": self.texts(SCHEMES, 4) if r.random() < 0.5 else ["http", "https"],
                "allow_domains": self.texts(DOMAINS[:10] if r.random() < 0.7 else DOMAINS, 4) if r.random() < 0.5 else None,
                "deny_domains": self.texts(DOMAINS[:10] if r.random() < 0.7 else DOMAINS, 2) if r.random() < 0.3 else None,
                "allow_ports": [self.pick([443, 80, 8443, 0]) for _ in range(r.randint(0, 3))] if r.random() < 0.3 else None,
                **{f"block_{k}": r.random() < 0.6 for k in ("private", "loopback", "metadata", "reserved", "internal_tlds")}}

    def glob(self):
        if self.r.random() < 0.3:
            fixed = "".join(self.texts(TEXT[:14], 3))
            return fixed + "*" if self.r.random() < 0.5 else "*" + fixed
        return "".join(self.pick(GLOB) for _ in range(self.r.randint(1, 4)))

    def constraint(self, kind=None, depth=0):
        kinds = ["exact", "pattern", "range", "one_of", "not_one_of", "cidr", "url_pattern", "contains", "subset", "wildcard", "subpath", "url_safe", "shlex"]
        kind = kind or self.pick(kinds + (["all", "any", "not"] if depth < 2 else []))
        fold = self.r.random() < 0.7
        make = {
            "exact": lambda: self.value(),
            "pattern": self.glob,
            "range": lambda: {"min": self.pick(BOUNDS), "max": self.pick(BOUNDS), "min_inclusive": True, "max_inclusive": True},
            "one_of": lambda: self.texts(TEXT, 3), "not_one_of": lambda: self.texts(TEXT, 3),
            "cidr": lambda: self.pick(NETS),
            "url_pattern": lambda: self.pick(SCHEMES + ["*", "*"]) + "://" + self.pick(PAT_HOSTS) + self.pick(PORTS) + self.pick(PAT_PATHS),
            "contains": lambda: self.texts(TEXT, 3), "subset": lambda: self.texts(TEXT, 3),
            "wildcard": lambda: True,
            "subpath": lambda: {"root": (root := self.pick(ROOTS)) if fold else root_lower(self.pick(ROOTS)), "case_sensitive": fold,
                                "allow_equal": self.r.random() < 0.5},
            "url_safe": self.url_safe,
            "shlex": lambda: self.texts(PROGRAMS, 3),
            "all": lambda: [self.constraint(depth=depth + 1) for _ in range(self.r.randint(0, 3))],
            "any": lambda: [self.constraint(depth=depth + 1) for _ in range(self.r.randint(0, 3))],
            "not": lambda: self.constraint(depth=depth + 1),
        }
        return {kind: make[kind]()}

    def relative(self, c):
        kind = next(iter(c))
        choice = self.r.random()
        if choice < 0.15:
            return c
        if choice < 0.3:
            return {"exact": self.value_for(c)}
        if choice < 0.4:
            return self.constraint()
        if kind in ("all", "any"):
            return {kind: [self.relative(x) for x in c[kind] if self.r.random() < 0.8]}
        if kind == "not":
            return {kind: self.relative(c[kind])}
        if kind == "url_safe":
            other = self.url_safe()
            return {kind: {k: self.pick([v, v, other[k]]) for k, v in c[kind].items()}}
        if kind in ("pattern", "url_pattern"):
            text = c[kind]
            at = text.find("*") if self.r.random() < 0.7 else self.r.randint(0, len(text))
            at = max(at, 0)
            return {kind: text[:at] + self.pick(GLOB) + text[at + (self.r.random() < 0.3):]}
        return self.constraint(kind)

    def value_for(self, c):
        kind = next(iter(c))
        v = c[kind]
        r = self.r
        if r.random() < 0.15:
            return self.value()
        if kind == "exact":
            return v
        if kind == "pattern":
            return "".join({"*": lambda: "".join(self.texts(TEXT[:14], 2)), "?": lambda: self.pick("aé"), "[": lambda: "", "!": lambda: ""}.get(ch, lambda ch=ch: ch)()
                           for ch in v if ch != "]" or r.random() < 0.5)
        if kind == "url_pattern":
            text = "https" + v[1:] if v.startswith("*") else v
            return "".join(self.pick(["api", "x", "v1/x", "a.json", ""]) if ch == "*" else ch for ch in text) if r.random() < 0.8 else self.url()
        if kind == "url_safe":
            if v["allow_domains"] and r.random() < 0.7:
                d = self.pick(v["allow_domains"])
                return self.pick(SCHEMES) + "://" + (self.pick(["api", "x.y"]) + d[1:] if d.startswith("*") else d) + self.pick(PORTS) + "/x"
            return self.url()
        if kind == "range":
            return self.pick([b for b in (v["min"], v["max"], 0, 1, 2.5) if b is not None])
        if kind in ("one_of", "not_one_of"):
            return self.pick(v) if v else self.value()
        if kind in ("contains", "subset"):
            return [x for x in v if r.random() < 0.9] + ([self.pick(TEXT)] if r.random() < 0.3 else [])
        if kind == "cidr":
            return self.pick(IPS)
        if kind == "subpath":
            return v["root"] + self.pick(["", "/", "/x", "/../x", "x", "\\x"]) if r.random() < 0.6 else self.pick(PATHS)
        if kind == "shlex":
            return self.pick(COMMANDS)
        if kind in ("all", "any"):
            return self.value_for(self.pick(v)) if v else self.value()
        if kind == "not":
            return self.value_for(v)
        return self.value()


def root_lower(root):
    return root.lower()


def build(c):
    """The package's object; its constructors refuse some of what its reader lets through."""
    (kind, v), = c.items()
    make = {
        "exact": t.Exact, "pattern": t.Pattern, "one_of": t.OneOf, "not_one_of": t.NotOneOf, "cidr": t.Cidr, "url_pattern": t.UrlPattern,
        "contains": t.Contains, "subset": t.Subset, "shlex": t.Shlex,
        "range": lambda x: t.Range(min=x["min"], max=x["max"]),
        "wildcard": lambda _: t.Wildcard(),
        "subpath": lambda x: t.Subpath(x["root"], case_sensitive=x["case_sensitive"], allow_equal=x["allow_equal"]),
        "url_safe": lambda x: t.UrlSafe(allow_schemes=x["schemes"], **{k: w for k, w in x.items() if k != "schemes"}),
        "all": lambda x: t.All([build(y) for y in x]), "any": lambda x: t.AnyOf([build(y) for y in x]), "not": lambda x: t.Not(build(x)),
    }
    return make[kind](v)


def upstream(make):
    try:
        return make()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # the package panics on some inputs, which is no Exception
        return None


def match_row(d, i):
    c = d.constraint()
    v = d.value_for(c)
    obj = upstream(lambda: build(c))
    if obj is None:
        return None
    got = upstream(lambda: t.All([obj]).satisfies(v))
    return {"id": f"drawn-match-{i}", "constraint": c, "value": v, "expect": "error" if got is None else "match" if got else "no-match"}


def attenuation_row(d, i):
    p = d.constraint()
    c = d.relative(p)
    parent, child = upstream(lambda: t.All([build(p)])), upstream(lambda: t.All([build(c)]))
    if parent is None or child is None:
        return None
    ok = upstream(lambda: (parent.validate_attenuation(child), True)[1])
    return {"id": f"drawn-attenuation-{i}", "parent": p, "child": c, "expect": "ok" if ok else "reject"}


def main():
    runner = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    d = Draw(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    with open(sys.argv[4], "w") if len(sys.argv) > 4 else tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        seen = {}
        for i in range(count):
            row = (attenuation_row if i % 3 == 0 else match_row)(d, i)
            if row:
                seen[row["expect"]] = seen.get(row["expect"], 0) + 1
                f.write(json.dumps(row) + "\n")
        f.flush()
        print("the package answered:", json.dumps(seen, sort_keys=True))
        return subprocess.run([runner, "--never-laxer", f.name], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
