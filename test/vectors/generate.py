#!/usr/bin/env python3
"""Makes the vectors of this folder from SPEC.md alone: python3 test/vectors/generate.py

Standard library only, and no line of it is shared with the TypeScript: hashlib and hmac, an AES of its own that is
checked against SP 800-38A first, layouts typed from the tables of the SPEC. Deterministic, so a second run changes
nothing. A case has a name, an operation, its input, and what must come out: a hexadecimal string, a number (an error
code of SPEC 9) or a line of text.
"""
import hashlib
import hmac
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
CODES = {
    name: number
    for number, name in enumerate(
        "OK TOO_SHORT TOO_LONG BAD_LENGTH UNKNOWN_TYPE BAD_VERSION BAD_FLAGS BAD_MIC REPLAYED UNSYNCED NO_KEY KEY_REQUIRED "
        "NOT_NEIGHBOUR BAD_COUNT BAD_REASON BAD_LINK TOO_FAR_AHEAD BAD_SIGNATURE BAD_PREIMAGE UNKNOWN_LOCK DUPLICATE "
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


# --- AES-128, encryption only (FIPS 197) ---------------------------------------------------------------------------


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
                gf_times(col[row], 2) ^ gf_times(col[(row + 1) % 4], 3) ^ col[(row + 2) % 4] ^ col[(row + 3) % 4]
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


# --- cases ---------------------------------------------------------------------------------------------------------

FILES = {}


def case(file, name, op, out, **given):
    hexed = {k: v.hex() if isinstance(v, bytes) else v for k, v in given.items()}
    FILES.setdefault(file, []).append({"name": name, "op": op, "in": hexed, "out": out.hex() if isinstance(out, bytes) else out})


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


# --- published standards -------------------------------------------------------------------------------------------


def standards():
    s = "standards"
    for name, text, digest in [
        ("FIPS 180-4, one block", b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("FIPS 180-4, two blocks", b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ("empty message", b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ]:
        assert sha(text).hex() == digest
        case(s, "SHA-256: " + name, "sha256", digest, data=text)
    for n in (55, 56, 63, 64, 65, 119, 120, 255):
        case(s, "SHA-256: %d bytes" % n, "sha256", sha(seeded("sha", n)), data=seeded("sha", n))
    for number, key, data, tag in [
        (1, b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (2, b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (3, b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (4, bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    ]:
        assert mac(key, data).hex() == tag
        case(s, "HMAC: RFC 4231 case %d" % number, "hmac", tag, key=key, data=data)
    for number, ikm, salt, info, length, okm in [
        (1, b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42,
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        (2, bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)), 82,
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
         "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"),
        (3, b"\x0b" * 22, b"", b"", 42,
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]:
        prk, made, last = mac(salt or bytes(32), ikm), b"", b""
        for block in range(1, 5):
            last = mac(prk, last, info, bytes([block]))
            made += last
        assert made[:length].hex() == okm
        case(s, "HKDF: RFC 5869 case %d" % number, "hkdf", okm, salt=salt, ikm=ikm, info=info, length=length)
    key, counter = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"), bytes(range(0xF0, 0x100))
    plain = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
    cipher = ("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
              "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee")
    assert aes_ctr(key, counter, plain).hex() == cipher
    case(s, "AES-CTR: SP 800-38A F.5.1", "aes-ctr", cipher, key=key, counter=counter, data=plain)
    for n in (0, 1, 15, 17, 100):
        top = b"\xff" * 16
        case(s, "AES-CTR: %d bytes, counter wraps" % n, "aes-ctr", aes_ctr(key, top, seeded("aes", n)),
             key=key, counter=top, data=seeded("aes", n))


# --- chequebook (SPEC 6) -------------------------------------------------------------------------------------------


class Book:
    def __init__(self, secret, ledger, address, generation):
        self.secret, self.ledger, self.address, self.generation = secret, ledger, address, generation

    def prefix(self, purpose, chain=0, digit=0):
        return bytes([purpose]) + self.ledger + u32(self.address) + bytes([self.generation, chain, digit])

    def given(self, chain=None):
        out = {"ledger": self.ledger, "address": self.address, "generation": self.generation}
        return out if chain is None else dict(out, chain=chain)

    def links(self, chain):
        value = mac(self.secret, self.prefix(9, chain))[:16]
        links = [value]
        for _ in range(1024):
            value = sha(self.prefix(1, chain), value)[:16]
            links.append(value)
        return links[::-1]

    def digit(self, chain, d, value, steps):
        for _ in range(steps):
            value = sha(self.prefix(2, chain, d), value)[:16]
        return value

    def digit_secret(self, chain, d):
        return mac(self.secret, self.prefix(10, chain, d))[:16]

    def binding_key(self, chain):
        ends = [self.digit(chain, d, self.digit_secret(chain, d), 255) for d in range(7)]
        return sha(self.prefix(3, chain), *ends)[:16]

    def sign(self, chain, message):
        return b"".join(self.digit(chain, d, self.digit_secret(chain, d), n) for d, n in enumerate(digits(message)))

    def leaf(self, chain, anchor, key):
        return sha(self.prefix(4, chain), anchor, key)


def digits(message):
    total = sum(255 - x for x in message)
    return list(message) + [total >> 8, total & 255]


def chequebook():
    f = "chequebook"
    book = Book(seeded("pay secret", 32), LEDGER, PAYER, 3)
    for chain in (0, 5, 255):
        links = book.links(chain)
        given = dict(book.given(chain), secret=book.secret)
        case(f, "top of chain %d" % chain, "chain-top", links[1024], **given)
        case(f, "anchor of chain %d" % chain, "walk", links[0], link=links[1024], count=1024, **book.given(chain))
        case(f, "binding key of chain %d" % chain, "binding-key", book.binding_key(chain), **given)
    links = book.links(5)
    for number in (1, 7, 8, 9, 127, 128, 129, 1000, 1024):
        segment = (number - 1) // 128
        case(f, "link %d by its segment" % number, "segment", links[number], checkpoint=links[128 * (segment + 1)],
             segment=segment, number=number, **book.given(5))
    for number in (128, 257):
        case(f, "link %d is outside segment 1" % number, "segment", "", checkpoint=links[256], segment=1, number=number,
             **book.given(5))
    for name, payee, window in [("usual", PAYEE, 7), ("all zero", 0, 0), ("all ones", 0xFFFFFFFF, 255), ("one bit", 0x80000000, 0)]:
        message = u32(payee) + bytes([window])
        signature = book.sign(5, message)
        case(f, "digits, " + name, "digits", bytes(digits(message)), payee=payee, window=window)
        case(f, "signature, " + name, "sign", signature, payee=payee, window=window, secret=book.secret, **book.given(5))
        case(f, "signature gives the key, " + name, "check-signature", CODES["OK"], payee=payee, window=window,
             signature=signature, key=book.binding_key(5), **book.given(5))
    good = book.sign(5, u32(PAYEE) + b"\x07")
    for name, payee, window, chain, signature in [
        ("another payee", PAYEE + 1, 7, 5, good), ("a larger window", PAYEE, 8, 5, good), ("another chain", PAYEE, 7, 6, good),
        ("first byte changed", PAYEE, 7, 5, bytes([good[0] ^ 1]) + good[1:]),
        ("last byte changed", PAYEE, 7, 5, good[:-1] + bytes([good[-1] ^ 128])),
        # What a forger can do: walk a message digit on. The checksum does not follow.
        ("digit walked on", PAYEE + 1, 7, 5, good[:48] + book.digit(5, 3, good[48:64], 1) + good[64:]),
    ]:
        case(f, "signature refused: " + name, "check-signature", CODES["BAD_SIGNATURE"], payee=payee, window=window,
             signature=signature, key=book.binding_key(5), **book.given(chain))
    entries = [(book.links(chain)[0], book.binding_key(chain)) for chain in range(256)]
    level = [book.leaf(chain, *entry) for chain, entry in enumerate(entries)]
    path = []
    for d in range(8):
        path.append(level[(5 >> d) ^ 1])
        level = [sha(book.prefix(5, 0, d), level[i], level[i + 1]) for i in range(0, len(level), 2)]
    case(f, "leaf of chain 5", "book-leaf", book.leaf(5, *entries[5]), anchor=entries[5][0], key=entries[5][1], **book.given(5))
    case(f, "root by the path of chain 5", "root-from-path", level[0], leaf=book.leaf(5, *entries[5]), path=b"".join(path),
         **book.given(5))
    case("book", "the whole book", "book", level[0], secret=book.secret, path5=b"".join(path), digest=sha(b"".join(a + k for a, k in entries)),
         **book.given())


# --- packets (SPEC 3.3, 4.2, 7.3) ----------------------------------------------------------------------------------


def mic(key, sender, high, body, size=4):
    return sha(key, b"\x08\x01", u32(sender), u16(high), body)[:size]


def packets():
    f = "packets"
    for name, klass, seq, text in [
        ("short", 0x80, 0x00012345, b"\x01hello"), ("empty", 0x00, 0, b""), ("emergency", 0x20, 0xFFFFFFFF, seeded("text", 50)),
        ("longest", 0xA0, 0x80000000, seeded("text", 227)),
    ]:
        nonce = u32(PAYER) + u32(PAYEE) + u32(seq) + bytes(4)
        cipher = aes_ctr(END_CIPHER, nonce, text)
        x = mac(END_AUTH, b"\x07", bytes([klass]), u32(PAYER), u32(PAYEE), u32(seq), cipher)[:6]
        lock = sha(b"\x06", LEDGER, u32(PAYER), u32(PAYEE), u16(seq & 0xFFFF), x)[:6]
        given = {"src": PAYER, "dst": PAYEE, "seq": seq}
        case(f, "ciphertext, " + name, "encrypt", cipher, key=END_CIPHER, text=text, **given)
        case(f, "preimage, " + name, "preimage", x, key=END_AUTH, klass=klass, cipher=cipher, **given)
        case(f, "lock, " + name, "lock", lock, ledger=LEDGER, x=x, **given)
        case(f, "preimage opens lock, " + name, "check-preimage", CODES["OK"], ledger=LEDGER, x=x, lock=lock, **given)
        wrong = bytes([x[0] ^ 1]) + x[1:]
        case(f, "wrong preimage, " + name, "check-preimage", CODES["BAD_PREIMAGE"], ledger=LEDGER, x=wrong, lock=lock, **given)
        case(f, "preimage of another seq, " + name, "check-preimage", CODES["BAD_PREIMAGE"], ledger=LEDGER, x=x, lock=lock,
             **dict(given, seq=seq ^ 1))
        body = b"\x21\x01\x02" + u16(7) + u32(PAYER) + u32(PAYEE) + u16(seq & 0xFFFF) + bytes([klass | 5]) + lock + u16(640) + cipher
        good = {"key": LINK_KEY, "sender": PAYER, "high": 3, "size": 4}
        tag = mic(LINK_KEY, PAYER, 3, body)
        case(f, "MIC, " + name, "check-mic", CODES["OK"], frame=body + tag, **good)
        case(f, "MIC changed, " + name, "check-mic", CODES["BAD_MIC"], frame=body + tag[:3] + bytes([tag[3] ^ 1]), **good)
        case(f, "first byte changed, " + name, "check-mic", CODES["BAD_MIC"], frame=b"\x22" + body[1:] + tag, **good)
        for what, change in [("sender", {"sender": PAYEE}), ("counter half", {"high": 4}), ("key", {"key": NETWORK_KEY})]:
            case(f, "MIC of another %s, %s" % (what, name), "check-mic", CODES["BAD_MIC"], frame=body + tag, **dict(good, **change))
    sync = b"\x27\x01\x02" + seeded("nonce", 4)
    case(f, "MIC of SYNC", "check-mic", CODES["OK"], frame=sync + mic(LINK_KEY, PAYER, 0, sync, 6), key=LINK_KEY, sender=PAYER,
         high=0, size=6)


# --- frames (SPEC 4) -----------------------------------------------------------------------------------------------


def described(fields):
    """The line that a reader of the frame must come to: numbers up to four bytes in decimal, the rest in hexadecimal."""
    show = lambda v: str(int.from_bytes(v, "big")) if len(v) in (1, 2, 4) else v.hex()
    return " ".join("%s=%s" % (name, show(value)) for name, value in fields)


def frame(file, name, op, check, first, fields, tail):
    body = first + b"".join(value for _, value in fields) + tail
    case(file, name, op, described(fields), bytes=body)
    case(file, name + ", structure", check, CODES["OK"], bytes=body)
    return body


LINK = [("sender", b"\x11"), ("next", b"\x22"), ("counter", u16(0xFFFE))]


def linked(kind, fields, flags=0x20, tail=b"", file="frames", name=""):
    first = bytes([kind | flags])
    body = first + b"".join(v for _, v in LINK + fields) + tail
    tag = mic(LINK_KEY if flags & 0x20 else NETWORK_KEY, PAYER, 9 if flags & 0x20 else 0, body)
    return frame(file, name, "read-frame", "check-frame", first, LINK + fields, tail + tag)


def named(kind, second, fields, tail=b"", name=""):
    first = bytes([kind])
    head = [("sender", b"\x11")] + second
    body = first + b"".join(v for _, v in head + fields) + tail
    return frame("frames", name, "read-frame", "check-frame", first, head + fields, tail + mic(NETWORK_KEY, PAYER, 0, body))


def refused(name, body, code):
    case("frames", "refused: " + name, "check-frame", CODES[code], bytes=body)


def route(dst):
    return [("routeDst", u32(dst)), ("routeSeq", u16(0x1234)), ("routeHops", b"\x03"), ("routeMetric", u16(48)), ("routeCost", u16(77))]


def resized(name, body):
    """A frame of fixed length is refused with a byte more or less; one byte at a time, the MIC stays last."""
    refused(name + ", a byte too long", body + b"\x00", "BAD_LENGTH")
    refused(name + ", a byte too short", body[:-1], "BAD_LENGTH")


def frames():
    data = [("src", u32(PAYER)), ("dst", u32(PAYEE)), ("seq", u16(0xBEEF)), ("class", b"\x8a"), ("lock", seeded("lock", 6)),
            ("budget", u16(1000))]
    text, entry, pay = seeded("cipher", 20), seeded("entry", 8), [("link", seeded("v", 16)), ("number", b"\x81")]
    trailer = b"".join(v for _, v in pay)
    receipts = entry + seeded("entry 2", 8) + b"\x02"
    whole = linked(1, data, tail=text, name="DATA")
    linked(1, data[:3] + [("class", b"\x0a")] + data[4:], flags=0, tail=text, name="DATA under the network key")
    linked(1, data, name="DATA without a body")
    with_both = linked(1, data, flags=0xE0, tail=text + receipts + trailer, name="DATA with both trailers")
    linked(1, data, flags=0x60, tail=receipts, name="DATA with receipts alone")
    linked(1, data, flags=0xA0, tail=trailer, name="DATA with a payment alone")
    linked(1, data, tail=seeded("cipher", 227), name="DATA, longest")
    for name, flags, tail, size in [("none", 0x20, text, 0), ("receipts", 0x60, text + receipts, 17), ("payment", 0xA0, text + trailer, 17),
                                    ("both", 0xE0, text + receipts + trailer, 34), ("eight receipts", 0x60, entry * 8 + b"\x08", 65),
                                    ("nine receipts", 0x60, entry * 9 + b"\x09", -1), ("no receipts", 0x60, text + b"\x00", -1)]:
        body = bytes([1 | flags]) + b"".join(v for _, v in LINK + data) + tail + bytes(4)
        case("frames", "trailers: " + name, "trailers", size, bytes=body)
        case("frames", "trailers, structure: " + name, "check-frame", CODES["BAD_COUNT" if size < 0 else "OK"], bytes=body)
    refused("DATA of 27 bytes", whole[:27], "TOO_SHORT")
    refused("DATA of 256 bytes", whole + bytes(256 - len(whole)), "TOO_LONG")
    refused("DATA whose payment does not fit", b"\xa1" + whole[1:24] + bytes(16 + 4), "BAD_COUNT")
    refused("DATA with receipts under the network key", b"\x41" + whole[1:], "BAD_FLAGS")
    refused("DATA with a payment under the network key", b"\x81" + whole[1:], "BAD_FLAGS")
    for klass in (0x40, 0x60, 0xC0, 0xE0):
        refused("DATA of class %02x" % klass, whole[:15] + bytes([klass]) + whole[16:], "BAD_CLASS")
    refused("backed DATA under the network key", b"\x01" + whole[1:], "BAD_CLASS")
    assert len(with_both) == 28 + 20 + 34

    for count in (1, 8):
        linked(2, [("count", bytes([count]))], tail=entry * count, name="RECEIPT of %d" % count)
    body = bytes([0x22]) + b"".join(v for _, v in LINK)
    refused("RECEIPT of none", body + b"\x00" + bytes(4), "BAD_COUNT")
    refused("RECEIPT of nine", body + b"\x09" + entry * 9 + bytes(4), "BAD_COUNT")
    refused("RECEIPT that lacks an entry", body + b"\x02" + entry + bytes(4), "BAD_LENGTH")
    refused("RECEIPT under the network key", b"\x02" + body[1:] + b"\x01" + entry + bytes(4), "BAD_FLAGS")

    resized("PAY", linked(3, pay, name="PAY"))
    opened = linked(4, [("generation", b"\x03"), ("chain", b"\x05"), ("window", b"\x07"), ("signature", seeded("sig", 112))], name="OPEN")
    resized("OPEN", opened)
    refused("OPEN with window code 11", opened[:7] + b"\x0b" + opened[8:], "BAD_PARAMS")
    sync = [("generation", b"\x03"), ("chain", b"\xff")]
    ask = linked(5, sync + [("number", u16(0))], name="RESYNC, question")
    refused("RESYNC, question, a byte too long", ask + b"\x00", "BAD_LENGTH")
    resized("RESYNC, answer", linked(5, sync + [("number", u16(1023)), ("link", seeded("v", 16))], name="RESYNC, answer"))
    for reason in range(1, 7):
        nack = linked(6, [("reason", bytes([reason])), ("lock", seeded("lock", 6)), ("amount", u16(8))], name="NACK %d" % reason)
    resized("NACK", nack)
    for reason in (0, 7, 255):
        refused("NACK %d" % reason, nack[:5] + bytes([reason]) + nack[6:], "BAD_REASON")

    for kind, fields, name in [(7, [], "SYNC"), (8, [("syncCounter", u32(0x80000001))], "SYNCACK")]:
        head = [("sender", b"\x11"), ("next", b"\x22"), ("nonce", seeded("nonce", 4))] + fields
        first = bytes([kind | 0x20])
        tag = mic(LINK_KEY, PAYER, 0, first + b"".join(v for _, v in head), 6)
        resized(name, frame("frames", name, "read-frame", "check-frame", first, head, tag))
        refused(name + " under the network key", bytes([kind]) + b"".join(v for _, v in head) + tag, "BAD_FLAGS")

    hello = [("version", b"\x01"), ("address", u32(PAYER)), ("helloSeq", u16(0x1002)), ("helloFlags", b"\x05"), ("price", b"\x10")]
    record = b"".join(v for _, v in route(PAYEE))
    for near, far in ((0, 0), (2, 1), (15, 15)):
        whole = named(9, hello[:1], hello[1:] + [("counts", bytes([near << 4 | far]))], tail=b"\x44\xf0" * near + record * far,
                      name="HELLO with %d neighbours and %d routes" % (near, far))
    resized("HELLO", whole)
    refused("HELLO of version 2", whole[:2] + b"\x02" + whole[3:], "BAD_VERSION")
    refused("HELLO of 15 bytes", whole[:15], "TOO_SHORT")
    refused("HELLO, pairwise", b"\x29" + whole[1:], "BAD_FLAGS")

    cast = [("src", u32(PAYER)), ("seq", u16(7))]
    for n in (1, 64):
        whole = named(10, [("class", b"\x27")], cast, tail=seeded("cast", n), name="BROADCAST of %d" % n)
    refused("BROADCAST of 65", whole[:-4] + b"\x00" + whole[-4:], "TOO_LONG")
    refused("BROADCAST of nothing", whole[:9] + bytes(4), "TOO_SHORT")
    refused("BROADCAST, backed", whole[:2] + b"\x80" + whole[3:], "BAD_CLASS")
    refused("BROADCAST, pairwise", b"\x2a" + whole[1:], "BAD_FLAGS")

    whole = named(11, [("ttl", b"\x1f")], [("gateway", u32(HOME)), ("slot", b"\xfe"), ("height", u32(70000)), ("root", seeded("root", 16)),
                                          ("key", seeded("tesla", 16)), ("mac", seeded("mac", 6))], name="HEADER")
    resized("HEADER", whole)
    refused("HEADER with 32 hops left", whole[:2] + b"\x20" + whole[3:], "BAD_CLASS")
    resized("ROUTE_REQUEST", named(12, [("ttl", b"\x04")], route(PAYER) + [("dst", u32(PAYEE))], name="ROUTE_REQUEST"))
    resized("ROUTE_REPLY", linked(13, route(PAYEE) + [("origin", u32(PAYER))], name="ROUTE_REPLY"))
    linked(13, route(PAYEE) + [("origin", u32(PAYER))], flags=0, name="ROUTE_REPLY under the network key")

    for kind in (0, 14, 31):
        refused("type %d" % kind, bytes([kind | 0x20]) + bytes(30), "UNKNOWN_TYPE")
    for n in (0, 1, 8):
        refused("%d bytes" % n, bytes([0x21] * n), "TOO_SHORT")


# --- payloads (SPEC 5) ---------------------------------------------------------------------------------------------


def payload(name, kind, fields, tail=b""):
    return frame("payloads", name, "read-payload", "check-payload", bytes([kind]), fields, tail)


def bad(name, body, code):
    case("payloads", "refused: " + name, "check-payload", CODES[code], bytes=body)


def sized(name, body):
    bad(name + ", a byte too long", body + b"\x00", "BAD_LENGTH")
    bad(name + ", a byte too short", body[:-1], "BAD_LENGTH")


def payloads():
    for kind, name in ((1, "READING"), (2, "TEXT"), (3, "COMMAND")):
        payload(name, kind, [], b"anything")
        payload(name + ", empty", kind, [])
    channel = [("payer", u32(PAYER)), ("generation", b"\x03"), ("chain", b"\x05")]
    opened = payload("OPEN", 4, channel + [("window", b"\x0a"), ("signature", seeded("sig", 112))])
    sized("OPEN", opened)
    bad("OPEN with window code 11", opened[:7] + b"\x0b" + opened[8:], "BAD_PARAMS")
    sized("CLAIM", payload("CLAIM", 5, channel + [("number", u16(1024)), ("link", seeded("v", 16))]))
    for balance in (0, -1, -(2**47), 2**47 - 1, 123456789012):
        state = payload("STATE with balance %d" % balance, 6, [("height", u32(70000)), ("balance", i48(balance)), ("params", b"\x02")] + channel + [
            ("payee", u32(PAYEE)), ("settled", u16(100)), ("limit", u16(228)), ("expiry", u32(71008)), ("flags", b"\x01")])
        case("payloads", "balance %d" % balance, "balance", str(balance), bytes=state)
    sized("STATE", state)
    bad("STATE with an unknown flag", state[:30] + b"\x04", "BAD_FLAGS")
    sized("STATE_REQUEST", payload("STATE_REQUEST", 7, channel))
    ask = payload("TIME, question", 8, [("nonce", seeded("nonce", 4))])
    bad("TIME, question, a byte too long", ask + b"\x00", "BAD_LENGTH")
    sized("TIME, answer", payload("TIME, answer", 8, [("nonce", seeded("nonce", 4)), ("seconds", u32(0xF0000000)), ("fraction", b"\x80")]))
    limits = [("version", b"\x02"), ("height", u32(70144)), ("payBatch", b"\x04"), ("trustMax", b"\x08"), ("claimFirst", b"\x08"), ("window", b"\x07"),
              ("levy", b"\x32"), ("free", b"\x0a"), ("emergency", b"\x0a"), ("control", b"\x0a"), ("priceFloor", b"\x08"), ("priceCap", b"\x40")]
    params = payload("PARAMS", 9, limits)
    sized("PARAMS", params)
    for name, at, value in [("a payment batch of 0", 6, 0), ("a first claim at 0", 8, 0), ("window code 11", 9, 11), ("101 % control", 13, 101),
                            ("a floor of 0", 14, 0), ("a floor above the cap", 14, 65)]:
        bad("PARAMS with " + name, params[:at] + bytes([value]) + params[at + 1 :], "BAD_PARAMS")
    for subject in (1, 2):
        request = payload("KEYREQ %d" % subject, 10, [("subject", bytes([subject])), ("about", u32(PAYEE))])
        payload("KEYREP %d, no answer" % subject, 11, [("subject", bytes([subject])), ("about", u32(PAYEE))])
    sized("KEYREQ", request)
    pair = payload("KEYREP for a pair", 11, [("subject", b"\x01"), ("about", u32(PAYEE)), ("linkKey", LINK_KEY), ("endAuth", END_AUTH), ("endCipher", END_CIPHER)])
    header = payload("KEYREP for a header chain", 11, [("subject", b"\x02"), ("about", u32(HOME)), ("keySlot", u32(2900000)), ("keyGeneration", b"\x01"),
                                                      ("headerKey", seeded("tesla", 16))])
    sized("KEYREP for a pair", pair)
    sized("KEYREP for a header chain", header)
    bad("KEYREP of 5 bytes", pair[:5], "TOO_SHORT")
    for subject in (0, 3):
        bad("KEYREQ %d" % subject, request[:1] + bytes([subject]) + request[2:], "BAD_REASON")
        bad("KEYREP %d" % subject, pair[:1] + bytes([subject]) + pair[2:], "BAD_REASON")
    one = payload("PROOF_REQUEST for a node", 12, [("record", b"\x03"), ("height", u32(70000)), ("node", u32(PAYEE))])
    sized("PROOF_REQUEST for a channel", payload("PROOF_REQUEST for a channel", 12, [("record", b"\x05"), ("height", u32(70000)), ("channel", seeded("id", 6))]))
    bad("PROOF_REQUEST for a node, a byte too long", one + b"\x00", "BAD_LENGTH")
    bad("PROOF_REQUEST of 9 bytes", one[:9], "TOO_SHORT")
    bad("PROOF_REQUEST for an unknown record", one[:1] + b"\x04" + one[2:], "BAD_REASON")
    proof = payload("PROOF", 13, [("record", b"\x03"), ("height", u32(70000))], b"\x00\x00")
    bad("PROOF of 7 bytes", proof[:7], "TOO_SHORT")
    bad("PROOF for an unknown record", proof[:1] + b"\x01" + proof[2:], "BAD_REASON")
    for kind in (0, 15, 255):
        bad("kind %d" % kind, bytes([kind]), "UNKNOWN_PAYLOAD")
    bad("nothing", b"", "TOO_SHORT")


# --- fragments (SPEC 5.9) ------------------------------------------------------------------------------------------


def cut(message, number, count):
    piece = -(-len(message) // count)
    return [bytes([14, number, index << 4 | count - 1]) + u16(len(message)) + message[index * piece : (index + 1) * piece] for index in range(count)]


def fragments():
    f = "fragments"
    message = b"\x0d" + seeded("message", 99)
    for name, text, body_max, count in [("two", message, 50, 2), ("three", message, 49, 3), ("longest", b"\x0d" + seeded("m", 1023), 64, 16)]:
        pieces = cut(text, 9, count)
        case(f, "cut into pieces: " + name, "fragments-of", " ".join(p.hex() for p in pieces), message=text, id=9, bodyMax=body_max)
        for index, piece in enumerate(pieces):
            case(f, "piece %d of %s" % (index, name), "check-payload", CODES["OK"], bytes=piece)
        for order, way in [("in order", 1), ("backwards", -1)]:
            case(f, "put together %s: %s" % (order, name), "reassemble", text.hex(), pieces=[[7, 0, p.hex()] for p in pieces[::way]])
    for name, text, body_max in [("fits one frame", message, 100), ("needs seventeen", b"\x0d" * 1024, 60), ("too long", b"\x0d" * 1025, 200)]:
        case(f, "not cut: " + name, "fragments-of", "", message=text, id=9, bodyMax=body_max)
    a, b, c = cut(message, 1, 3), cut(message, 2, 3), cut(message, 3, 3)
    at = lambda source, ms, *pieces: [[source, ms, p.hex()] for p in pieces]
    case(f, "one piece missing", "reassemble", "", pieces=at(7, 0, a[0], a[2]))
    case(f, "a piece twice", "reassemble", message.hex(), pieces=at(7, 0, a[0], a[0], a[1], a[1], a[2]))
    case(f, "two messages interleaved", "reassemble", message.hex() * 2, pieces=at(7, 0, a[0], b[0], a[1], b[1], a[2], b[2]))
    case(f, "two sources, one number", "reassemble", message.hex(), pieces=at(7, 0, a[0], a[1]) + at(8, 0, a[0], a[1], a[2]))
    case(f, "a third message replaces the oldest", "reassemble", message.hex() * 2,
         pieces=at(7, 0, a[0], a[1]) + at(7, 1, b[0]) + at(7, 2, c[0], c[1], c[2]) + at(7, 3, b[1], b[2]))
    case(f, "too late", "reassemble", "", pieces=at(7, 0, a[0], a[1]) + at(7, 120001, a[2]))
    for name, piece, code in [
        ("no body", a[0][:5], "TOO_SHORT"), ("a byte too long", a[0] + b"\x00", "BAD_LENGTH"), ("a byte too short", a[2][:-1], "BAD_LENGTH"),
        ("a single piece", a[0][:2] + b"\x00" + a[0][3:], "BAD_FRAGMENT"), ("an index beyond the count", a[0][:2] + b"\x32" + a[0][3:], "BAD_FRAGMENT"),
        ("1025 bytes", a[0][:3] + u16(1025) + a[0][5:], "BAD_FRAGMENT"), ("an empty last piece", bytes([14, 1, 0x2F]) + u16(30) + b"xx", "BAD_FRAGMENT"),
        ("a fragment in a fragment", bytes([14, 1, 0x01]) + u16(4) + b"\x0e\x00", "BAD_FRAGMENT"),
    ]:
        case(f, "refused: " + name, "check-payload", CODES[code], bytes=piece)


# --- headers (SPEC 4.10) -------------------------------------------------------------------------------------------


def headers():
    f = "headers"
    gateway = Book(b"", LEDGER, HOME, 1)
    keys = {1300: seeded("tesla top", 16)}
    for slot in range(1299, 99, -1):
        keys[slot] = sha(gateway.prefix(12), keys[slot + 1])[:16]
    length = 600000

    def made(slot, height, key=None, label="root"):
        root = seeded("%s %d" % (label, height), 16)
        derived = sha(gateway.prefix(13), keys[slot])[:16]
        tag = mac(derived, gateway.prefix(14), u32(slot), u32(height), root)[:6]
        return b"\x0b\x11\x05" + u32(HOME) + bytes([slot % 256]) + u32(height) + root + (key or keys[slot - 1]) + tag + bytes(4)

    def step(slot, body, early=1000, late=1000):
        return [body.hex(), slot * length + early, slot * length + late]

    def run(name, steps, out, heights=(), anchor=100, work=5000):
        case(f, name, "headers", out, anchorSlot=anchor, anchorKey=keys[anchor], slotMs=length, work=work, steps=steps, heights=list(heights),
             **gateway.given())

    root = lambda height: seeded("root %d" % height, 16).hex()
    case(f, "made by the gateway", "write-header", made(200, 50)[3:50], slot=200, height=50, root=seeded("root 50", 16) + bytes(16),
         keyBefore=keys[199], slotKey=keys[200], **gateway.given())
    run("two slots in a row", [step(101, made(101, 5)), step(102, made(102, 6))], "0/0 0/0 5:%s 6:" % root(5), (5, 6))
    run("far behind, then in a row", [step(300, made(300, 7)), step(301, made(301, 8)), step(302, made(302, 9))],
        "0/0 0/0 0/0 7:%s 8:%s 9:" % (root(7), root(8)), (7, 8, 9))
    run("a header is missed", [step(101, made(101, 5)), step(104, made(104, 8)), step(105, made(105, 9))], "0/0 0/0 0/0 5:%s 8:%s" % (root(5), root(8)), (5, 8))
    run("the walk in slices", [step(110, made(110, 5))], "0/%d" % CODES["UNSYNCED"], work=4)
    run("the same header again", [step(101, made(101, 5)), step(101, made(101, 5))], "0/0 %d/0" % CODES["DUPLICATE"])
    run("a third header of a slot", [step(101, made(101, 5)), step(101, made(101, 6)), step(101, made(101, 7))], "0/0 0/0 %d/0" % CODES["TABLE_FULL"])
    fake = made(101, 5)[:12] + seeded("fake", 16) + made(101, 5)[28:]
    run("garbage first does not silence the gateway", [step(101, fake), step(101, made(101, 5)), step(102, made(102, 6))], "0/0 0/0 0/0 5:%s" % root(5), (5,))
    run("a changed root", [step(101, fake), step(102, made(102, 6))], "0/0 0/%d 5:" % CODES["BAD_HEADER_MAC"], (5,))
    run("a forged key, one step", [step(102, made(102, 6, key=seeded("no key", 16)))], "0/%d" % CODES["BAD_HEADER_KEY"])
    run("a forged key, no step", [step(101, made(101, 6, key=seeded("no key", 16)))], "%d/0" % CODES["BAD_HEADER_KEY"])
    run("after its slot", [step(103, made(102, 6))], "%d/0" % CODES["BAD_SLOT"])
    run("before its slot", [step(101, made(102, 6))], "%d/0" % CODES["BAD_SLOT"])
    run("older than a known key", [step(103, made(103, 6)), step(102, made(102, 5))], "0/0 %d/0" % CODES["BAD_SLOT"])
    run("a clock that spans two slots", [step(102, made(102, 6), -1, 1000)], "%d/0" % CODES["NO_CLOCK"])
    run("the first millisecond of a slot", [step(102, made(102, 6), 0, 0)], "0/0")
    run("the last millisecond of a slot", [step(102, made(102, 6), 599999, 599999)], "0/0")
    run("more than 1024 slots ahead", [step(1126, made(1126, 6))], "%d/0" % CODES["TOO_FAR_AHEAD"])
    run("1024 slots ahead", [step(1125, made(1125, 6))], "0/0")
    run("a second walk while one is under way", [step(110, made(110, 5)), step(110, made(110, 6))], "0/9 %d/9" % CODES["TABLE_FULL"], work=4)


# --- proofs (SPEC 6.5) ---------------------------------------------------------------------------------------------


def tree_leaf(key, value):
    return sha(b"\x46", key, value)


def bit(key, level):
    return key[level // 8] >> (7 - level % 8) & 1


def subtree(records, level):
    """Hash of a set of (key, value) that agree in the first `level` bits."""
    if not records:
        return bytes(32)
    if len(records) == 1:
        return tree_leaf(*records[0])
    sides = [[r for r in records if bit(r[0], level) == side] for side in (0, 1)]
    return sha(b"\x47", subtree(sides[0], level + 1), subtree(sides[1], level + 1))


def prove(records, key):
    siblings, level = [], 0
    while len(records) > 1:
        side = bit(key, level)
        siblings.append(subtree([r for r in records if bit(r[0], level) != side], level + 1))
        records = [r for r in records if bit(r[0], level) == side]
        level += 1
    if not records:
        kind, end = 0, b""
    elif records[0][0] == key:
        kind, end = 1, records[0][1]
    else:
        kind, end = 2, records[0][0] + records[0][1]
    bits = "".join("0" if s == bytes(32) else "1" for s in siblings)
    bitmap = int(bits.ljust(-(-level // 8) * 8, "0") or "0", 2).to_bytes(-(-level // 8), "big")
    return bytes([level, kind]) + bitmap + b"".join(s for s in siblings if s != bytes(32)) + end


def proofs():
    f = "proofs"
    record = lambda kind, ident: sha(b"\x45", bytes([kind]), ident)
    case(f, "place of a node", "record-key", record(3, u32(PAYER)), kind=3, id=u32(PAYER))
    case(f, "place of a channel", "record-key", record(5, seeded("id", 6)), kind=5, id=seeded("id", 6))
    many = [(record(3, u32(n)), seeded("value %d" % n, 40)) for n in range(40)]
    close = seeded("close", 31)
    twins = [(close + b"\x00", b"left"), (close + b"\x80", b"right")]
    for name, records in [("empty", []), ("one", many[:1]), ("two", many[:2]), ("forty", many), ("twins", twins), ("forty and twins", many + twins)]:
        root = subtree(records, 0)
        asked = [r[0] for r in records[:3]] + [record(3, u32(n)) for n in range(1000, 1004)] + [close + b"\x00", close + b"\x02"]
        for number, key in enumerate(asked):
            proof = prove(records, key)
            value = dict(records).get(key)
            out = "0 " + ("absent" if value is None else value.hex())
            for size in (16, 32):
                case(f, "%s, record %d, %d bytes of root" % (name, number, size), "proof", out, root=root[:size], key=key, proof=proof)
    root, key = subtree(many, 0), many[5][0]
    good = prove(many, key)
    depth = good[0]
    assert good[1] == 1 and depth >= 4
    spoiled = [
        ("value changed", good[:-1] + bytes([good[-1] ^ 1]), "BAD_PROOF"), ("sibling changed", good[:10] + bytes([good[10] ^ 1]) + good[11:], "BAD_PROOF"),
        ("a byte more", good + b"\x00", "BAD_PROOF"), ("depth less", bytes([depth - 1]) + good[1:], "BAD_FLAGS"),
        ("a sibling short", bytes([depth, 1]) + good[2:3] + good[3:40], "TOO_SHORT"), ("no bitmap", bytes([200, 1]), "TOO_SHORT"),
        ("one byte", b"\x00", "TOO_SHORT"), ("unknown end", bytes([depth, 3]) + good[2:], "BAD_PROOF"),
        ("empty end with a value", bytes([depth, 0]) + good[2:], "BAD_PROOF"), ("said to be absent", bytes([depth, 0]) + good[2:-40], "BAD_PROOF"),
        ("another leaf that is the same", bytes([depth, 2]) + good[2:-40] + key + good[-40:], "BAD_PROOF"),
        ("another leaf elsewhere", bytes([depth, 2]) + good[2:-40] + bytes([key[0] ^ 128]) + key[1:] + good[-40:], "BAD_PROOF"),
        ("another leaf cut short", bytes([depth, 2]) + good[2:-40] + key[:31], "BAD_PROOF"),
    ]
    if depth % 8:
        spoiled.append(("stray bit", good[:2] + bytes([good[2] | 1]) + good[3:], "BAD_FLAGS"))
    for name, proof, code in spoiled:
        case(f, "refused: " + name, "proof", "%d absent" % CODES[code], root=root, key=key, proof=proof)
    case(f, "refused: another root", "proof", "%d absent" % CODES["BAD_PROOF"], root=seeded("no root", 32), key=key, proof=good)


# --- amounts and airtime (SPEC 2) ----------------------------------------------------------------------------------


def amounts():
    f, top = "amounts", 2**47 - 1

    def result(value):
        return str(value) if 0 <= value <= top else "code %d" % CODES["NEGATIVE" if value < 0 else "OVERFLOW"]

    for a, b in [(0, 0), (1, 2), (top, 0), (top, 1), (top - 5, 5), (2**46, 2**46), (3, 5), (5, 3)]:
        case(f, "%d + %d" % (a, b), "amount", result(a + b), kind="add", a=a, b=b, c=0)
        case(f, "%d - %d" % (a, b), "amount", result(a - b), kind="subtract", a=a, b=b, c=0)
    for a, b in [(-1, 1), (1, -1)]:
        case(f, "%d + %d" % (a, b), "amount", "code %d" % CODES["NEGATIVE"], kind="add", a=a, b=b, c=0)
    for a, b in [(0, -5), (-5, 3), (top, 1), (-top, -1), (-top, top)]:
        out = str(a + b) if abs(a + b) <= top else "code %d" % CODES["OVERFLOW"]
        case(f, "balance %d moved by %d" % (a, b), "amount", out, kind="move", a=a, b=b, c=0)
    big = 2**28 - 1
    for a, b, c in [(1000, 50, 1000), (top, 1, 1), (top, big, big), (top, big, big - 1), (top, big - 1, big), (top - 1, 999, 1000), (1, 1, big),
                    (0, 5, 7), (2**46 + 12345, 3, 7), (top, 2, 1), (987654321987, 268435399, 268435398), (2**24, 2**24, 2**24), (2**24 - 1, big, 1)]:
        case(f, "%d x %d / %d" % (a, b, c), "amount", result(a * b // c), kind="mulDiv", a=a, b=b, c=c)
    for a, b, c, code in [(-1, 1, 1, "NEGATIVE"), (1, -1, 1, "NEGATIVE"), (1, 1, 0, "NEGATIVE"), (1, big + 1, 1, "OVERFLOW"), (1, 1, big + 1, "OVERFLOW")]:
        case(f, "%d x %d / %d" % (a, b, c), "amount", "code %d" % CODES[code], kind="mulDiv", a=a, b=b, c=c)


def symbols(sf, bw, cr, explicit, crc, size):
    """SX1276 datasheet 4.1.1.7 with the SX1262's rule for SF5 and SF6 (datasheet 6.1.4); fractions kept exact."""
    low = 1 if 2**sf * 1000 >= 16 * bw else 0
    bits = 8 * size + (16 if crc else 0) - 4 * sf + (20 if explicit else 0) + (8 if sf >= 7 else 0)
    return 8 + (-(-max(bits, 0) // (4 * (sf - 2 * low)))) * (cr + 4)


def airtime():
    for sf, bw in [(5, 500000), (6, 125000), (7, 125000), (7, 62500), (8, 125000), (9, 125000), (10, 125000), (11, 125000), (11, 250000), (12, 125000),
                   (12, 500000), (12, 7800)]:
        for size in (0, 1, 10, 16, 51, 78, 255):
            for cr, explicit, crc, preamble in [(1, True, True, 8), (4, False, False, 12)]:
                quarters = 4 * preamble + (25 if sf < 7 else 17) + 4 * symbols(sf, bw, cr, explicit, crc, size)
                us = -(-(quarters * 2**sf * 1000000) // (4 * bw))
                case("airtime", "SF%d/%g, %d bytes, %s header" % (sf, bw / 1000, size, "explicit" if explicit else "implicit"), "airtime", us, sf=sf, bw=bw,
                     cr=cr, preamble=preamble, explicit=explicit, crc=crc, size=size)


def main():
    for make in (standards, chequebook, packets, frames, payloads, fragments, headers, proofs, amounts, airtime):
        make()
    for file, cases in FILES.items():
        names = [c["name"] for c in cases]
        assert len(set(names)) == len(names), (file, sorted(n for n in names if names.count(n) > 1))
        with open(os.path.join(HERE, file + ".json"), "w") as out:
            out.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
        print("%-12s %4d cases" % (file, len(cases)))


main()
