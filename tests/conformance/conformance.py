#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Published vectors, chains and evaluations against the library.

Rows where we are stricter on purpose are listed with the reason in stricter-tokens.tsv; a listed row that no longer differs is a
failure too, so the list cannot rot."""
import json
import os
import sys

from wire import Helper, data_or_skip, enc


def rows(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def stricter():
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stricter-tokens.tsv")
    out = {}
    with open(here, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                row, ours, reason = line.rstrip("\n").split("\t")
                out[row] = (ours, reason)
    return out


class Tally:
    def __init__(self):
        self.stricter, self.used, self.n, self.bad = stricter(), set(), 0, 0

    def check(self, row, want, got, note=""):
        self.n += 1
        if row in self.stricter and got != want:
            self.used.add(row)
            want = self.stricter[row][0]
        if got == want:
            return
        self.bad += 1
        print(f"{row}: expected {want}, got {got} {note}")

    def end(self, prefixes):
        for row in self.stricter:
            if row.startswith(prefixes) and row not in self.used:
                self.bad += 1
                print(f"{row}: listed in stricter-tokens.tsv but does not differ")
        print(f"{self.n} rows, {self.bad} failed, {len(self.used)} stricter on purpose")
        return 1 if self.bad else 0


def vectors(h, t, data):
    with open(os.path.join(data, "vectors", "warrants.json"), encoding="utf-8") as f:
        warrants = json.load(f)["warrants"]
    for w in warrants:
        row = "vector:" + w["label"]
        forms = {"b64url": w["envelope_b64url"], "hex": "hex:" + w["envelope_hex"]}
        for form, token in forms.items():
            got = h.ask("decode", t=token)
            t.check(row, "ok 1" if w["signature_valid"] else "err 1100", " ".join(got.split()[:2]), f"({form}: {got})")
        if w["signature_valid"]:
            t.check(row, "same", h.ask("reencode", t=w["envelope_b64url"]), "(written again)")
            t.check(row, w["payload_hex"], h.ask("payload", t=w["envelope_b64url"]), "(payload)")


def chains(h, t, data):
    for r in rows(os.path.join(data, "warrant-chains.jsonl")):
        got = h.ask("verify", t=r["warrant"], roots=",".join(r["roots"]), now=r["now"])
        # Revocation lists come later: without one, the revoked chain is simply a chain.
        if r["upstream"].startswith("WarrantRevoked"):
            continue
        accepted = r["upstream"].startswith(("valid", "ACCEPTED"))
        t.check("chain:" + r["id"], "ok" if accepted else "err", got.split()[0], f"({r['name']}: {got})")


def evaluations(h, t, data):
    with open(os.path.join(data, "vectors", "warrants.json"), encoding="utf-8") as f:
        issuer = {w["envelope_b64url"]: w["fields"]["issuer"] for w in json.load(f)["warrants"]}
    for r in rows(os.path.join(data, "warrant-evaluations.jsonl")):
        got = h.ask("allows", t=r["warrant"], roots=issuer[r["warrant"]], now=r["now"], tool=r["tool"].encode().hex(),
                    args=enc(r["args"]).hex())
        t.check("eval:" + r["id"], r["expect"], got.split()[0], f"({r['name']} {r['args']}: {got})")


def edges(h, t, data):
    """Constraint bytes of the edge cases, inside a warrant that is otherwise good."""
    seed = bytes([1]) * 32
    with open(os.path.join(data, "vectors", "edge.json"), encoding="utf-8") as f:
        items = {i["id"]: i for i in json.load(f)["items"]}
    unknown = bytes.fromhex(items["A.9.2"]["hex"])
    root = h.ask("mint", seed=seed.hex(), now=1704067200, tools=enc({"t": {"constraints": {}}}).hex())
    payload = bytes.fromhex(h.ask("payload", t=root))
    plain, forged = enc({"constraints": {}}), enc({"constraints": {}})[:-1] + b"\xa1" + enc("x") + unknown
    assert payload.count(plain) == 1
    env = h.sign(seed, payload.replace(plain, forged))
    t.check("edge:A.9.2", "err", h.ask("decode", t="hex:" + env.hex()).split()[0])
    t.check("edge:A.9.3", "err", h.ask("decode", t="hex:" + h.sign(seed, bytes.fromhex(items["A.9.3"]["hex"])).hex()).split()[0])


def main():
    data = data_or_skip("vectors/warrants.json", "vectors/edge.json", "warrant-chains.jsonl", "warrant-evaluations.jsonl")
    h, t = Helper(sys.argv[1]), Tally()
    vectors(h, t, data)
    chains(h, t, data)
    evaluations(h, t, data)
    edges(h, t, data)
    return t.end(("vector:", "chain:", "eval:", "edge:"))


if __name__ == "__main__":
    sys.exit(main())
