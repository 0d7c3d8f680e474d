"""Frames, good and bad (SPEC 3 and 4)."""

from common import *

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
    return frame(
        "frames",
        name,
        "read-frame",
        "check-frame",
        first,
        head + fields,
        tail + mic(NETWORK_KEY, PAYER, 0, body),
    )


def refused(name, body, code):
    case("frames", "refused: " + name, "check-frame", CODES[code], bytes=body)


def route(dst):
    return [
        ("routeDst", u32(dst)),
        ("routeSeq", u16(0x1234)),
        ("routeHops", b"\x03"),
        ("routeMetric", u16(48)),
        ("routeCost", u16(77)),
    ]


def resized(name, body):
    """A frame of fixed length is refused with a byte more or less; one byte at a time, the MIC stays last."""
    refused(name + ", a byte too long", body + b"\x00", "BAD_LENGTH")
    refused(name + ", a byte too short", body[:-1], "BAD_LENGTH")


def frames():
    data = [
        ("src", u32(PAYER)),
        ("dst", u32(PAYEE)),
        ("seq", u16(0xBEEF)),
        ("class", b"\x8a"),
        ("lock", seeded("lock", 6)),
        ("budget", u16(1000)),
    ]
    text, entry, pay = (
        seeded("cipher", 20),
        seeded("entry", 8),
        [("link", seeded("v", 16)), ("number", b"\x81")],
    )
    trailer = b"".join(v for _, v in pay)
    receipts = entry + seeded("entry 2", 8) + b"\x02"
    whole = linked(1, data, tail=text, name="DATA")
    linked(
        1, data[:3] + [("class", b"\x0a")] + data[4:], flags=0, tail=text, name="DATA under the network key"
    )
    service = data[:3] + [("class", b"\x4a")] + data[4:]
    linked(1, service, tail=text, name="DATA, service")
    linked(1, data, name="DATA without a body")
    with_both = linked(1, data, flags=0xE0, tail=text + receipts + trailer, name="DATA with both trailers")
    linked(1, data, flags=0x60, tail=receipts, name="DATA with receipts alone")
    linked(1, data, flags=0xA0, tail=trailer, name="DATA with a payment alone")
    linked(1, data, tail=seeded("cipher", 227), name="DATA, longest")
    for name, flags, tail, size in [
        ("none", 0x20, text, 0),
        ("receipts", 0x60, text + receipts, 17),
        ("payment", 0xA0, text + trailer, 17),
        ("both", 0xE0, text + receipts + trailer, 34),
        ("eight receipts", 0x60, entry * 8 + b"\x08", 65),
        ("nine receipts", 0x60, entry * 9 + b"\x09", -1),
        ("no receipts", 0x60, text + b"\x00", -1),
    ]:
        body = bytes([1 | flags]) + b"".join(v for _, v in LINK + data) + tail + bytes(4)
        case("frames", "trailers: " + name, "trailers", size, bytes=body)
        case(
            "frames",
            "trailers, structure: " + name,
            "check-frame",
            CODES["BAD_COUNT" if size < 0 else "OK"],
            bytes=body,
        )
    refused("DATA of 27 bytes", whole[:27], "TOO_SHORT")
    refused("DATA of 256 bytes", whole + bytes(256 - len(whole)), "TOO_LONG")
    refused("DATA whose payment does not fit", b"\xa1" + whole[1:24] + bytes(16 + 4), "BAD_COUNT")
    refused("DATA with receipts under the network key", b"\x41" + whole[1:], "BAD_FLAGS")
    refused("DATA with a payment under the network key", b"\x81" + whole[1:], "BAD_FLAGS")
    for klass in (0x60, 0xC0, 0xE0):
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
    opened = linked(
        4,
        [("generation", b"\x03"), ("chain", b"\x05"), ("window", b"\x07"), ("signature", seeded("sig", 112))],
        name="OPEN",
    )
    resized("OPEN", opened)
    refused("OPEN with window code 11", opened[:7] + b"\x0b" + opened[8:], "BAD_PARAMS")
    sync = [("generation", b"\x03"), ("chain", b"\xff")]
    ask = linked(5, sync + [("number", u16(0))], name="RESYNC, question")
    refused("RESYNC, question, a byte too long", ask + b"\x00", "BAD_LENGTH")
    resized(
        "RESYNC, answer",
        linked(5, sync + [("number", u16(1023)), ("link", seeded("v", 16))], name="RESYNC, answer"),
    )
    for reason in range(1, 8):
        nack = linked(
            6,
            [("reason", bytes([reason])), ("lock", seeded("lock", 6)), ("amount", u16(8))],
            name="NACK %d" % reason,
        )
    resized("NACK", nack)
    for reason in (0, 8, 255):
        refused("NACK %d" % reason, nack[:5] + bytes([reason]) + nack[6:], "BAD_REASON")

    for kind, fields, name in [(7, [], "SYNC"), (8, [("syncCounter", u32(0x80000001))], "SYNCACK")]:
        head = [("sender", b"\x11"), ("next", b"\x22"), ("nonce", seeded("nonce", 4))] + fields
        first = bytes([kind | 0x20])
        tag = mic(LINK_KEY, PAYER, 0, first + b"".join(v for _, v in head), 6)
        resized(name, frame("frames", name, "read-frame", "check-frame", first, head, tag))
        refused(
            name + " under the network key", bytes([kind]) + b"".join(v for _, v in head) + tag, "BAD_FLAGS"
        )

    hello = [
        ("version", b"\x01"),
        ("address", u32(PAYER)),
        ("helloSeq", u16(0x1002)),
        ("helloFlags", b"\x05"),
        ("price", b"\x10"),
    ]
    record = b"".join(v for _, v in route(PAYEE))
    for near, far in ((0, 0), (2, 1), (15, 15)):
        whole = named(
            9,
            hello[:1],
            hello[1:] + [("counts", bytes([near << 4 | far]))],
            tail=b"\x44\xf0" * near + record * far,
            name="HELLO with %d neighbours and %d routes" % (near, far),
        )
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
    refused("BROADCAST, service", whole[:2] + b"\x40" + whole[3:], "BAD_CLASS")
    refused("BROADCAST, pairwise", b"\x2a" + whole[1:], "BAD_FLAGS")

    whole = named(
        11,
        [("ttl", b"\x1f")],
        [
            ("gateway", u32(HOME)),
            ("slot", b"\xfe"),
            ("height", u32(70000)),
            ("root", seeded("root", 16)),
            ("key", seeded("tesla", 16)),
            ("mac", seeded("mac", 6)),
        ],
        name="HEADER",
    )
    resized("HEADER", whole)
    refused("HEADER with 32 hops left", whole[:2] + b"\x20" + whole[3:], "BAD_CLASS")
    resized(
        "ROUTE_REQUEST",
        named(12, [("ttl", b"\x04")], route(PAYER) + [("dst", u32(PAYEE))], name="ROUTE_REQUEST"),
    )
    resized("ROUTE_REPLY", linked(13, route(PAYEE) + [("origin", u32(PAYER))], name="ROUTE_REPLY"))
    linked(13, route(PAYEE) + [("origin", u32(PAYER))], flags=0, name="ROUTE_REPLY under the network key")

    for kind in (0, 14, 31):
        refused("type %d" % kind, bytes([kind | 0x20]) + bytes(30), "UNKNOWN_TYPE")
    for n in (0, 1, 8):
        refused("%d bytes" % n, bytes([0x21] * n), "TOO_SHORT")
