# SPDX-License-Identifier: Apache-2.0
"""The public half of an Ed25519 seed (RFC 8032 5.1.5): enough for tests, without a package."""
import hashlib

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
BY = 4 * pow(5, P - 2, P) % P


def _x(y):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x % 2 else x


def _add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P)


def public_key(seed):
    h = bytearray(hashlib.sha512(seed).digest()[:32])
    h[0] &= 248
    h[31] = h[31] & 127 | 64
    n, q, base = int.from_bytes(h, "little"), (0, 1), (_x(BY), BY)
    while n:
        if n & 1:
            q = _add(q, base)
        base = _add(base, base)
        n >>= 1
    return (q[1] | (q[0] & 1) << 255).to_bytes(32, "little")
