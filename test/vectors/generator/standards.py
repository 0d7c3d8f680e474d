"""Published vectors (FIPS 180-4, RFC 4231, RFC 5869, SP 800-38A), each checked here before it is written."""

from common import *


def standards():
    s = "standards"
    for name, text, digest in [
        ("FIPS 180-4, one block", b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "FIPS 180-4, two blocks",
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        ("empty message", b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ]:
        assert sha(text).hex() == digest
        case(s, "SHA-256: " + name, "sha256", digest, data=text)
    for n in (55, 56, 63, 64, 65, 119, 120, 255):
        case(s, "SHA-256: %d bytes" % n, "sha256", sha(seeded("sha", n)), data=seeded("sha", n))
    for number, key, data, tag in [
        (1, b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            2,
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (3, b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            4,
            bytes(range(1, 26)),
            b"\xcd" * 50,
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
    ]:
        assert mac(key, data).hex() == tag
        case(s, "HMAC: RFC 4231 case %d" % number, "hmac", tag, key=key, data=data)
    for number, ikm, salt, info, length, okm in [
        (
            1,
            b"\x0b" * 22,
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            2,
            bytes(range(0x50)),
            bytes(range(0x60, 0xB0)),
            bytes(range(0xB0, 0x100)),
            82,
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            3,
            b"\x0b" * 22,
            b"",
            b"",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
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
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    cipher = (
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"
    )
    assert aes_ctr(key, counter, plain).hex() == cipher
    case(s, "AES-CTR: SP 800-38A F.5.1", "aes-ctr", cipher, key=key, counter=counter, data=plain)
    for n in (0, 1, 15, 17, 100):
        top = b"\xff" * 16
        case(
            s,
            "AES-CTR: %d bytes, counter wraps" % n,
            "aes-ctr",
            aes_ctr(key, top, seeded("aes", n)),
            key=key,
            counter=top,
            data=seeded("aes", n),
        )
