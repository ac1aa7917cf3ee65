# SPDX-License-Identifier: Apache-2.0
"""What the token tests share: the helper on its pipe, and a CBOR writer that can write anything."""
import base64
import os
import struct
import subprocess
import sys

DATA = os.environ.get("TENUO_TEST_DATA") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "data")


def data_or_skip(*names):
    """The folder of third-party data, or exit 77 (skipped) with the reason."""
    for name in names:
        if not os.path.exists(os.path.join(DATA, name)):
            print(f"skipped: {name} is not beside the checkout (shared/data)")
            sys.exit(77)
    return DATA


class Helper:
    def __init__(self, path):
        self.p = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command, **kv):
        words = [command] + [f"{k}={v}" for k, v in kv.items() if v is not None]
        self.p.stdin.write(" ".join(words) + "\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            raise RuntimeError(f"the helper died on {command}")
        return line.rstrip("\n")

    def verify(self, stack, roots, now):
        return self.ask("verify", t="hex:" + stack.hex(), roots=",".join(r.hex() for r in roots), now=now)

    def allows(self, stack, roots, now, tool, args):
        return self.ask("allows", t="hex:" + stack.hex(), roots=",".join(r.hex() for r in roots), now=now,
                        tool=tool.encode().hex(), args=enc(args).hex())

    def sign(self, seed, payload):
        return bytes.fromhex(self.ask("sign", seed=seed.hex(), payload=payload.hex()))


class Raw(bytes):
    """Bytes that go into the output as they are."""


class Pairs(list):
    """A map as a list of pairs: any order, any key, twice if wanted."""


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * size:
            return bytes([major << 5 | info]) + n.to_bytes(size, "big")
    raise ValueError(n)


def enc_float(v):
    for fmt, byte in ((">e", 0xf9), (">f", 0xfa)):
        try:
            raw = struct.pack(fmt, v)
        except OverflowError:
            continue
        if v != v or struct.unpack(fmt, raw)[0] == v:
            return bytes([byte]) + raw
    return b"\xfb" + struct.pack(">d", v)


def enc(v):
    if isinstance(v, Raw):
        return bytes(v)
    if v is None:
        return b"\xf6"
    if isinstance(v, bool):
        return b"\xf5" if v else b"\xf4"
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, float):
        return enc_float(v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    if isinstance(v, Pairs):
        return head(5, len(v)) + b"".join(enc(k) + enc(x) for k, x in v)
    if isinstance(v, dict):
        items = sorted(v.items(), key=lambda kv: kv[0].encode() if isinstance(kv[0], str) else enc(kv[0]))
        return enc(Pairs(items))
    if isinstance(v, (list, tuple)):
        return head(4, len(v)) + b"".join(enc(x) for x in v)
    raise TypeError(type(v))


def dec(data):
    """The value of one item (maps as dicts), for looking into warrants that were checked elsewhere; and what is left."""
    first, rest = data[0], data[1:]
    major, info = first >> 5, first & 31
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    arg, rest = (int.from_bytes(rest[:size], "big"), rest[size:]) if size else (info, rest)
    if major == 7:
        floats = {25: ">e", 26: ">f", 27: ">d"}
        if info in floats:
            return struct.unpack(floats[info], data[1:1 + size])[0], rest
        return {20: False, 21: True, 22: None}[info], rest
    if major < 2:
        return (arg if major == 0 else -1 - arg), rest
    if major < 4:
        return (rest[:arg] if major == 2 else rest[:arg].decode()), rest[arg:]
    items = []
    for _ in range(arg * (2 if major == 5 else 1)):
        item, rest = dec(rest)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if major == 5 else items), rest


def raw_fields(payload):
    """{integer key: the bytes of its value} of a payload."""
    count, rest, out = payload[0] & 31, payload[1:], {}
    assert payload[0] >> 5 == 5 and count < 24
    for _ in range(count):
        k, rest = dec(rest)
        after = dec(rest)[1]
        out[k] = rest[:len(rest) - len(after)]
        rest = after
    return out


def b64(data):
    """Either alphabet, padded or not."""
    data = data.replace("-", "+").replace("_", "/")
    return base64.b64decode(data + "=" * (-len(data) % 4))
