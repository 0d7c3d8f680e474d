"""What the makers share: hashes, an AES of its own, reproducible bytes, and the list of cases made so far."""

import hashlib
import hmac
import struct

CODES = {
    name: number
    for number, name in enumerate(
        "OK TOO_SHORT TOO_LONG BAD_LENGTH UNKNOWN_TYPE BAD_VERSION BAD_FLAGS BAD_MIC REPLAYED UNSYNCED NO_KEY - "
        "NOT_NEIGHBOUR BAD_COUNT BAD_REASON BAD_LINK TOO_FAR_AHEAD BAD_SIGNATURE BAD_PREIMAGE - DUPLICATE "
        "TABLE_FULL TTL_SPENT UNKNOWN_PAYLOAD BAD_CLASS NO_CHANNEL OVER_LIMIT NO_CLOCK BAD_SLOT BAD_HEADER_KEY "
        "BAD_HEADER_MAC BAD_PROOF BAD_FRAGMENT BAD_PARAMS OVERFLOW NEGATIVE".split()
    )
}


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def seeded(label, count):
    """Reproducible bytes that look random."""
    out, n = b"", 0
    while len(out) < count:
        out += sha(b"fairhop vectors", label.encode(), bytes([n]))
        n += 1
    return out[:count]


def gf_times(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def make_sbox():
    box = []
    for value in range(256):
        inverse = next((x for x in range(256) if gf_times(value, x) == 1), 0)
        mapped = 0x63
        for turn in range(5):
            mapped ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xFF
        box.append(mapped)
    return box


SBOX = make_sbox()


def aes_block(key, block):
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        last = list(words[i - 1])
        if i % 4 == 0:
            last = [SBOX[x] for x in last[1:] + last[:1]]
            last[0] ^= constant
            constant = gf_times(constant, 2)
        words.append([a ^ b for a, b in zip(words[i - 4], last)])
    state = [list(block[i : i + 4]) for i in range(0, 16, 4)]
    add = lambda r: [[a ^ b for a, b in zip(state[c], words[4 * r + c])] for c in range(4)]
    state = add(0)
    for r in range(1, 11):
        state = [[SBOX[state[(c + row) % 4][row]] for row in range(4)] for c in range(4)]
        if r < 10:
            mix = lambda col, row: (
                gf_times(col[row], 2)
                ^ gf_times(col[(row + 1) % 4], 3)
                ^ col[(row + 2) % 4]
                ^ col[(row + 3) % 4]
            )
            state = [[mix(col, row) for row in range(4)] for col in state]
        state = add(r)
    return bytes(x for col in state for x in col)


def aes_ctr(key, counter, data):
    number = int.from_bytes(counter, "big")
    out = b""
    for i in range(0, len(data), 16):
        stream = aes_block(key, ((number + i // 16) % 2**128).to_bytes(16, "big"))
        out += bytes(a ^ b for a, b in zip(data[i : i + 16], stream))
    return out


FILES = {}


def case(file, name, op, out, **given):
    hexed = {k: v.hex() if isinstance(v, bytes) else v for k, v in given.items()}
    FILES.setdefault(file, []).append(
        {"name": name, "op": op, "in": hexed, "out": out.hex() if isinstance(out, bytes) else out}
    )


def u16(x):
    return struct.pack(">H", x)


def u32(x):
    return struct.pack(">I", x)


def i48(x):
    return (x % 2**48).to_bytes(6, "big")


LEDGER = seeded("ledger", 8)
PAYER, PAYEE, HOME = 0xA1B2C3D4, 0x00000007, 0xFFFFFFFE
NETWORK_KEY, LINK_KEY = seeded("network", 16), seeded("link", 16)
END_AUTH, END_CIPHER = seeded("end auth", 16), seeded("end cipher", 16)


def mic(key, sender, high, body, size=4):
    return sha(key, b"\x08\x01", u32(sender), u16(high), body)[:size]


def described(fields):
    """The line that a reader of the frame must come to: numbers up to four bytes in decimal, the rest in hexadecimal."""
    show = lambda v: str(int.from_bytes(v, "big")) if len(v) in (1, 2, 4) else v.hex()
    return " ".join("%s=%s" % (name, show(value)) for name, value in fields)


def frame(file, name, op, check, first, fields, tail):
    body = first + b"".join(value for _, value in fields) + tail
    case(file, name, op, described(fields), bytes=body)
    case(file, name + ", structure", check, CODES["OK"], bytes=body)
    return body
