"""Payloads and fragments, good and bad (SPEC 5)."""

from common import *


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
        state = payload(
            "STATE with balance %d" % balance,
            6,
            [("height", u32(70000)), ("balance", i48(balance)), ("params", b"\x02")]
            + channel
            + [
                ("payee", u32(PAYEE)),
                ("settled", u16(100)),
                ("limit", u16(228)),
                ("expiry", u32(71008)),
                ("flags", b"\x01"),
                ("link", seeded("v", 16)),
            ],
        )
        case("payloads", "balance %d" % balance, "balance", str(balance), bytes=state)
    sized("STATE", state)
    bad("STATE with an unknown flag", state[:30] + b"\x04" + state[31:], "BAD_FLAGS")
    sized("STATE_REQUEST", payload("STATE_REQUEST", 7, channel))
    ask = payload("TIME, question", 8, [("nonce", seeded("nonce", 4))])
    bad("TIME, question, a byte too long", ask + b"\x00", "BAD_LENGTH")
    sized(
        "TIME, answer",
        payload(
            "TIME, answer",
            8,
            [("nonce", seeded("nonce", 4)), ("seconds", u32(0xF0000000)), ("fraction", b"\x80")],
        ),
    )
    limits = [
        ("version", b"\x02"),
        ("height", u32(70144)),
        ("payBatch", b"\x04"),
        ("trustMax", b"\x08"),
        ("claimFirst", b"\x08"),
        ("window", b"\x07"),
        ("levy", b"\x32"),
        ("free", b"\x0a"),
        ("emergency", b"\x0a"),
        ("service", b"\x0a"),
        ("priceFloor", b"\x08"),
        ("priceCap", b"\x40"),
    ]
    params = payload("PARAMS", 9, limits)
    sized("PARAMS", params)
    for name, at, value in [
        ("a payment batch of 0", 6, 0),
        ("a first claim at 0", 8, 0),
        ("window code 11", 9, 11),
        ("101 per mille for service", 13, 101),
        ("a floor of 0", 14, 0),
        ("a floor above the cap", 14, 65),
    ]:
        bad("PARAMS with " + name, params[:at] + bytes([value]) + params[at + 1 :], "BAD_PARAMS")
    for subject in (1, 2):
        request = payload("KEYREQ %d" % subject, 10, [("subject", bytes([subject])), ("about", u32(PAYEE))])
        payload("KEYREP %d, no answer" % subject, 11, [("subject", bytes([subject])), ("about", u32(PAYEE))])
    sized("KEYREQ", request)
    pair = payload(
        "KEYREP for a pair",
        11,
        [
            ("subject", b"\x01"),
            ("about", u32(PAYEE)),
            ("linkKey", LINK_KEY),
            ("endAuth", END_AUTH),
            ("endCipher", END_CIPHER),
        ],
    )
    header = payload(
        "KEYREP for a header chain",
        11,
        [
            ("subject", b"\x02"),
            ("about", u32(HOME)),
            ("keySlot", u32(2900000)),
            ("keyGeneration", b"\x01"),
            ("headerKey", seeded("tesla", 16)),
        ],
    )
    sized("KEYREP for a pair", pair)
    sized("KEYREP for a header chain", header)
    bad("KEYREP of 5 bytes", pair[:5], "TOO_SHORT")
    for subject in (0, 3):
        bad("KEYREQ %d" % subject, request[:1] + bytes([subject]) + request[2:], "BAD_REASON")
        bad("KEYREP %d" % subject, pair[:1] + bytes([subject]) + pair[2:], "BAD_REASON")
    one = payload(
        "PROOF_REQUEST for a node", 12, [("record", b"\x03"), ("height", u32(70000)), ("node", u32(PAYEE))]
    )
    sized(
        "PROOF_REQUEST for a channel",
        payload(
            "PROOF_REQUEST for a channel",
            12,
            [("record", b"\x05"), ("height", u32(70000)), ("channel", seeded("id", 6))],
        ),
    )
    bad("PROOF_REQUEST for a node, a byte too long", one + b"\x00", "BAD_LENGTH")
    bad("PROOF_REQUEST of 9 bytes", one[:9], "TOO_SHORT")
    bad("PROOF_REQUEST for an unknown record", one[:1] + b"\x04" + one[2:], "BAD_REASON")
    proof = payload("PROOF", 13, [("record", b"\x03"), ("height", u32(70000))], b"\x00\x00")
    bad("PROOF of 7 bytes", proof[:7], "TOO_SHORT")
    bad("PROOF for an unknown record", proof[:1] + b"\x01" + proof[2:], "BAD_REASON")
    for kind in (0, 15, 255):
        bad("kind %d" % kind, bytes([kind]), "UNKNOWN_PAYLOAD")
    bad("nothing", b"", "TOO_SHORT")


def cut(message, number, count):
    piece = -(-len(message) // count)
    return [
        bytes([14, number, index << 4 | count - 1])
        + u16(len(message))
        + message[index * piece : (index + 1) * piece]
        for index in range(count)
    ]


def fragments():
    f = "fragments"
    message = b"\x0d" + seeded("message", 99)
    for name, text, body_max, count in [
        ("two", message, 50, 2),
        ("three", message, 49, 3),
        ("longest", b"\x0d" + seeded("m", 1023), 64, 16),
    ]:
        pieces = cut(text, 9, count)
        case(
            f,
            "cut into pieces: " + name,
            "fragments-of",
            " ".join(p.hex() for p in pieces),
            message=text,
            id=9,
            bodyMax=body_max,
        )
        for index, piece in enumerate(pieces):
            case(f, "piece %d of %s" % (index, name), "check-payload", CODES["OK"], bytes=piece)
        for order, way in [("in order", 1), ("backwards", -1)]:
            case(
                f,
                "put together %s: %s" % (order, name),
                "reassemble",
                text.hex(),
                pieces=[[7, 0, p.hex()] for p in pieces[::way]],
            )
    for name, text, body_max in [
        ("fits one frame", message, 100),
        ("needs seventeen", b"\x0d" * 1024, 60),
        ("too long", b"\x0d" * 1025, 200),
    ]:
        case(f, "not cut: " + name, "fragments-of", "", message=text, id=9, bodyMax=body_max)
    a, b, c = cut(message, 1, 3), cut(message, 2, 3), cut(message, 3, 3)
    at = lambda source, ms, *pieces: [[source, ms, p.hex()] for p in pieces]
    case(f, "one piece missing", "reassemble", "", pieces=at(7, 0, a[0], a[2]))
    case(f, "a piece twice", "reassemble", message.hex(), pieces=at(7, 0, a[0], a[0], a[1], a[1], a[2]))
    case(
        f,
        "two messages interleaved",
        "reassemble",
        message.hex() * 2,
        pieces=at(7, 0, a[0], b[0], a[1], b[1], a[2], b[2]),
    )
    case(
        f,
        "two sources, one number",
        "reassemble",
        message.hex(),
        pieces=at(7, 0, a[0], a[1]) + at(8, 0, a[0], a[1], a[2]),
    )
    case(
        f,
        "a third message replaces the oldest",
        "reassemble",
        message.hex() * 2,
        pieces=at(7, 0, a[0], a[1]) + at(7, 1, b[0]) + at(7, 2, c[0], c[1], c[2]) + at(7, 3, b[1], b[2]),
    )
    case(f, "too late", "reassemble", "", pieces=at(7, 0, a[0], a[1]) + at(7, 120001, a[2]))
    for name, piece, code in [
        ("no body", a[0][:5], "TOO_SHORT"),
        ("a byte too long", a[0] + b"\x00", "BAD_LENGTH"),
        ("a byte too short", a[2][:-1], "BAD_LENGTH"),
        ("a single piece", a[0][:2] + b"\x00" + a[0][3:], "BAD_FRAGMENT"),
        ("an index beyond the count", a[0][:2] + b"\x32" + a[0][3:], "BAD_FRAGMENT"),
        ("1025 bytes", a[0][:3] + u16(1025) + a[0][5:], "BAD_FRAGMENT"),
        ("an empty last piece", bytes([14, 1, 0x2F]) + u16(30) + b"xx", "BAD_FRAGMENT"),
        ("a fragment in a fragment", bytes([14, 1, 0x01]) + u16(4) + b"\x0e\x00", "BAD_FRAGMENT"),
    ]:
        case(f, "refused: " + name, "check-payload", CODES[code], bytes=piece)
