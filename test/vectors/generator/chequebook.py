"""Chains, one-time signatures and the tree of a book (SPEC 6.1 to 6.4)."""

from common import *


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
        return b"".join(
            self.digit(chain, d, self.digit_secret(chain, d), n) for d, n in enumerate(digits(message))
        )

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
        case(
            f,
            "anchor of chain %d" % chain,
            "walk",
            links[0],
            link=links[1024],
            count=1024,
            **book.given(chain)
        )
        case(f, "binding key of chain %d" % chain, "binding-key", book.binding_key(chain), **given)
    links = book.links(5)
    for number in (1, 7, 8, 9, 127, 128, 129, 1000, 1024):
        segment = (number - 1) // 128
        case(
            f,
            "link %d by its segment" % number,
            "segment",
            links[number],
            checkpoint=links[128 * (segment + 1)],
            segment=segment,
            number=number,
            **book.given(5)
        )
    for number in (128, 257):
        case(
            f,
            "link %d is outside segment 1" % number,
            "segment",
            "",
            checkpoint=links[256],
            segment=1,
            number=number,
            **book.given(5)
        )
    for name, payee, window in [
        ("usual", PAYEE, 7),
        ("all zero", 0, 0),
        ("all ones", 0xFFFFFFFF, 255),
        ("one bit", 0x80000000, 0),
    ]:
        message = u32(payee) + bytes([window])
        signature = book.sign(5, message)
        case(f, "digits, " + name, "digits", bytes(digits(message)), payee=payee, window=window)
        case(
            f,
            "signature, " + name,
            "sign",
            signature,
            payee=payee,
            window=window,
            secret=book.secret,
            **book.given(5)
        )
        case(
            f,
            "signature gives the key, " + name,
            "check-signature",
            CODES["OK"],
            payee=payee,
            window=window,
            signature=signature,
            key=book.binding_key(5),
            **book.given(5)
        )
    good = book.sign(5, u32(PAYEE) + b"\x07")
    for name, payee, window, chain, signature in [
        ("another payee", PAYEE + 1, 7, 5, good),
        ("a larger window", PAYEE, 8, 5, good),
        ("another chain", PAYEE, 7, 6, good),
        ("first byte changed", PAYEE, 7, 5, bytes([good[0] ^ 1]) + good[1:]),
        ("last byte changed", PAYEE, 7, 5, good[:-1] + bytes([good[-1] ^ 128])),
        # What a forger can do: walk a message digit on. The checksum does not follow.
        ("digit walked on", PAYEE + 1, 7, 5, good[:48] + book.digit(5, 3, good[48:64], 1) + good[64:]),
    ]:
        case(
            f,
            "signature refused: " + name,
            "check-signature",
            CODES["BAD_SIGNATURE"],
            payee=payee,
            window=window,
            signature=signature,
            key=book.binding_key(5),
            **book.given(chain)
        )
    entries = [(book.links(chain)[0], book.binding_key(chain)) for chain in range(256)]
    level = [book.leaf(chain, *entry) for chain, entry in enumerate(entries)]
    path = []
    for d in range(8):
        path.append(level[(5 >> d) ^ 1])
        level = [sha(book.prefix(5, 0, d), level[i], level[i + 1]) for i in range(0, len(level), 2)]
    case(
        f,
        "leaf of chain 5",
        "book-leaf",
        book.leaf(5, *entries[5]),
        anchor=entries[5][0],
        key=entries[5][1],
        **book.given(5)
    )
    case(
        f,
        "root by the path of chain 5",
        "root-from-path",
        level[0],
        leaf=book.leaf(5, *entries[5]),
        path=b"".join(path),
        **book.given(5)
    )
    case(
        "book",
        "the whole book",
        "book",
        level[0],
        secret=book.secret,
        path5=b"".join(path),
        digest=sha(b"".join(a + k for a, k in entries)),
        **book.given()
    )
