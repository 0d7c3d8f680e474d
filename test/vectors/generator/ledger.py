"""Headers and state proofs, good and bad (SPEC 4.10, 6.5)."""

from common import *
from chequebook import Book


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
        return (
            b"\x0b\x11\x05"
            + u32(HOME)
            + bytes([slot % 256])
            + u32(height)
            + root
            + (key or keys[slot - 1])
            + tag
            + bytes(4)
        )

    def step(slot, body, early=1000, late=1000):
        return [body.hex(), slot * length + early, slot * length + late]

    def run(name, steps, out, heights=(), anchor=100, work=5000):
        case(
            f,
            name,
            "headers",
            out,
            anchorSlot=anchor,
            anchorKey=keys[anchor],
            slotMs=length,
            work=work,
            steps=steps,
            heights=list(heights),
            **gateway.given()
        )

    root = lambda height: seeded("root %d" % height, 16).hex()
    case(
        f,
        "made by the gateway",
        "write-header",
        made(200, 50)[3:50],
        slot=200,
        height=50,
        root=seeded("root 50", 16) + bytes(16),
        keyBefore=keys[199],
        slotKey=keys[200],
        **gateway.given()
    )
    run(
        "two slots in a row",
        [step(101, made(101, 5)), step(102, made(102, 6))],
        "0/0 0/0 5:%s 6:" % root(5),
        (5, 6),
    )
    run(
        "far behind, then in a row",
        [step(300, made(300, 7)), step(301, made(301, 8)), step(302, made(302, 9))],
        "0/0 0/0 0/0 7:%s 8:%s 9:" % (root(7), root(8)),
        (7, 8, 9),
    )
    run(
        "a header is missed",
        [step(101, made(101, 5)), step(104, made(104, 8)), step(105, made(105, 9))],
        "0/0 0/0 0/0 5:%s 8:%s" % (root(5), root(8)),
        (5, 8),
    )
    run("the walk in slices", [step(110, made(110, 5))], "0/%d" % CODES["UNSYNCED"], work=4)
    run(
        "the same header again",
        [step(101, made(101, 5)), step(101, made(101, 5))],
        "0/0 %d/0" % CODES["DUPLICATE"],
    )
    run(
        "a third header of a slot",
        [step(101, made(101, 5)), step(101, made(101, 6)), step(101, made(101, 7))],
        "0/0 0/0 %d/0" % CODES["TABLE_FULL"],
    )
    fake = made(101, 5)[:12] + seeded("fake", 16) + made(101, 5)[28:]
    run(
        "garbage first does not silence the gateway",
        [step(101, fake), step(101, made(101, 5)), step(102, made(102, 6))],
        "0/0 0/0 0/0 5:%s" % root(5),
        (5,),
    )
    run(
        "a changed root",
        [step(101, fake), step(102, made(102, 6))],
        "0/0 0/%d 5:" % CODES["BAD_HEADER_MAC"],
        (5,),
    )
    run(
        "a forged key, one step",
        [step(102, made(102, 6, key=seeded("no key", 16)))],
        "0/%d" % CODES["BAD_HEADER_KEY"],
    )
    run(
        "a forged key, no step",
        [step(101, made(101, 6, key=seeded("no key", 16)))],
        "%d/0" % CODES["BAD_HEADER_KEY"],
    )
    run("after its slot", [step(103, made(102, 6))], "%d/0" % CODES["BAD_SLOT"])
    run("before its slot", [step(101, made(102, 6))], "%d/0" % CODES["BAD_SLOT"])
    run(
        "older than a known key",
        [step(103, made(103, 6)), step(102, made(102, 5))],
        "0/0 %d/0" % CODES["BAD_SLOT"],
    )
    run("a clock that spans two slots", [step(102, made(102, 6), -1, 1000)], "%d/0" % CODES["NO_CLOCK"])
    run("the first millisecond of a slot", [step(102, made(102, 6), 0, 0)], "0/0")
    run("the last millisecond of a slot", [step(102, made(102, 6), 599999, 599999)], "0/0")
    run("more than 1024 slots ahead", [step(1126, made(1126, 6))], "%d/0" % CODES["TOO_FAR_AHEAD"])
    run("1024 slots ahead", [step(1125, made(1125, 6))], "0/0")
    run(
        "a second walk while one is under way",
        [step(110, made(110, 5)), step(110, made(110, 6))],
        "0/9 %d/9" % CODES["TABLE_FULL"],
        work=4,
    )


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
    for name, records in [
        ("empty", []),
        ("one", many[:1]),
        ("two", many[:2]),
        ("forty", many),
        ("twins", twins),
        ("forty and twins", many + twins),
    ]:
        root = subtree(records, 0)
        asked = (
            [r[0] for r in records[:3]]
            + [record(3, u32(n)) for n in range(1000, 1004)]
            + [close + b"\x00", close + b"\x02"]
        )
        for number, key in enumerate(asked):
            proof = prove(records, key)
            value = dict(records).get(key)
            out = "0 " + ("absent" if value is None else value.hex())
            for size in (16, 32):
                case(
                    f,
                    "%s, record %d, %d bytes of root" % (name, number, size),
                    "proof",
                    out,
                    root=root[:size],
                    key=key,
                    proof=proof,
                )
    root, key = subtree(many, 0), many[5][0]
    good = prove(many, key)
    depth = good[0]
    assert good[1] == 1 and depth >= 4
    spoiled = [
        ("value changed", good[:-1] + bytes([good[-1] ^ 1]), "BAD_PROOF"),
        ("sibling changed", good[:10] + bytes([good[10] ^ 1]) + good[11:], "BAD_PROOF"),
        ("a byte more", good + b"\x00", "BAD_PROOF"),
        ("depth less", bytes([depth - 1]) + good[1:], "BAD_FLAGS"),
        ("a sibling short", bytes([depth, 1]) + good[2:3] + good[3:40], "TOO_SHORT"),
        ("no bitmap", bytes([200, 1]), "TOO_SHORT"),
        ("one byte", b"\x00", "TOO_SHORT"),
        ("unknown end", bytes([depth, 3]) + good[2:], "BAD_PROOF"),
        ("empty end with a value", bytes([depth, 0]) + good[2:], "BAD_PROOF"),
        ("said to be absent", bytes([depth, 0]) + good[2:-40], "BAD_PROOF"),
        ("another leaf that is the same", bytes([depth, 2]) + good[2:-40] + key + good[-40:], "BAD_PROOF"),
        (
            "another leaf elsewhere",
            bytes([depth, 2]) + good[2:-40] + bytes([key[0] ^ 128]) + key[1:] + good[-40:],
            "BAD_PROOF",
        ),
        ("another leaf cut short", bytes([depth, 2]) + good[2:-40] + key[:31], "BAD_PROOF"),
    ]
    if depth % 8:
        spoiled.append(("stray bit", good[:2] + bytes([good[2] | 1]) + good[3:], "BAD_FLAGS"))
    for name, proof, code in spoiled:
        case(f, "refused: " + name, "proof", "%d absent" % CODES[code], root=root, key=key, proof=proof)
    case(
        f,
        "refused: another root",
        "proof",
        "%d absent" % CODES["BAD_PROOF"],
        root=seeded("no root", 32),
        key=key,
        proof=good,
    )
