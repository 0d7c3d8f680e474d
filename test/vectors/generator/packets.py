"""Preimages, locks, ciphertexts and MICs (SPEC 3.3, 4.2, 7.3)."""

from common import *


def packets():
    f = "packets"
    for name, klass, seq, text in [
        ("short", 0x80, 0x00012345, b"\x01hello"),
        ("empty", 0x00, 0, b""),
        ("emergency", 0x20, 0xFFFFFFFF, seeded("text", 50)),
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
        case(
            f,
            "preimage opens lock, " + name,
            "check-preimage",
            CODES["OK"],
            ledger=LEDGER,
            x=x,
            lock=lock,
            **given
        )
        wrong = bytes([x[0] ^ 1]) + x[1:]
        case(
            f,
            "wrong preimage, " + name,
            "check-preimage",
            CODES["BAD_PREIMAGE"],
            ledger=LEDGER,
            x=wrong,
            lock=lock,
            **given
        )
        case(
            f,
            "preimage of another seq, " + name,
            "check-preimage",
            CODES["BAD_PREIMAGE"],
            ledger=LEDGER,
            x=x,
            lock=lock,
            **dict(given, seq=seq ^ 1)
        )
        body = (
            b"\x21\x01\x02"
            + u16(7)
            + u32(PAYER)
            + u32(PAYEE)
            + u16(seq & 0xFFFF)
            + bytes([klass | 5])
            + lock
            + u16(640)
            + cipher
        )
        good = {"key": LINK_KEY, "sender": PAYER, "high": 3, "size": 4}
        tag = mic(LINK_KEY, PAYER, 3, body)
        case(f, "MIC, " + name, "check-mic", CODES["OK"], frame=body + tag, **good)
        case(
            f,
            "MIC changed, " + name,
            "check-mic",
            CODES["BAD_MIC"],
            frame=body + tag[:3] + bytes([tag[3] ^ 1]),
            **good
        )
        case(
            f,
            "first byte changed, " + name,
            "check-mic",
            CODES["BAD_MIC"],
            frame=b"\x22" + body[1:] + tag,
            **good
        )
        for what, change in [
            ("sender", {"sender": PAYEE}),
            ("counter half", {"high": 4}),
            ("key", {"key": NETWORK_KEY}),
        ]:
            case(
                f,
                "MIC of another %s, %s" % (what, name),
                "check-mic",
                CODES["BAD_MIC"],
                frame=body + tag,
                **dict(good, **change)
            )
    sync = b"\x27\x01\x02" + seeded("nonce", 4)
    case(
        f,
        "MIC of SYNC",
        "check-mic",
        CODES["OK"],
        frame=sync + mic(LINK_KEY, PAYER, 0, sync, 6),
        key=LINK_KEY,
        sender=PAYER,
        high=0,
        size=6,
    )
