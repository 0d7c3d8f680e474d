"""Amounts and time on air (SPEC 2)."""

from common import *


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
    for a, b, c in [
        (1000, 50, 1000),
        (top, 1, 1),
        (top, big, big),
        (top, big, big - 1),
        (top, big - 1, big),
        (top - 1, 999, 1000),
        (1, 1, big),
        (0, 5, 7),
        (2**46 + 12345, 3, 7),
        (top, 2, 1),
        (987654321987, 268435399, 268435398),
        (2**24, 2**24, 2**24),
        (2**24 - 1, big, 1),
    ]:
        case(f, "%d x %d / %d" % (a, b, c), "amount", result(a * b // c), kind="mulDiv", a=a, b=b, c=c)
    for a, b, c, code in [
        (-1, 1, 1, "NEGATIVE"),
        (1, -1, 1, "NEGATIVE"),
        (1, 1, 0, "NEGATIVE"),
        (1, big + 1, 1, "OVERFLOW"),
        (1, 1, big + 1, "OVERFLOW"),
    ]:
        case(f, "%d x %d / %d" % (a, b, c), "amount", "code %d" % CODES[code], kind="mulDiv", a=a, b=b, c=c)


def symbols(sf, bw, cr, explicit, crc, size):
    """SX1276 datasheet 4.1.1.7 with the SX1262's rule for SF5 and SF6 (datasheet 6.1.4); fractions kept exact."""
    low = 1 if 2**sf * 1000 >= 16 * bw else 0
    bits = 8 * size + (16 if crc else 0) - 4 * sf + (20 if explicit else 0) + (8 if sf >= 7 else 0)
    return 8 + (-(-max(bits, 0) // (4 * (sf - 2 * low)))) * (cr + 4)


def airtime():
    for sf, bw in [
        (5, 500000),
        (6, 125000),
        (7, 125000),
        (7, 62500),
        (8, 125000),
        (9, 125000),
        (10, 125000),
        (11, 125000),
        (11, 250000),
        (12, 125000),
        (12, 500000),
        (12, 7800),
    ]:
        for size in (0, 1, 10, 16, 51, 78, 255):
            for cr, explicit, crc, preamble in [(1, True, True, 8), (4, False, False, 12)]:
                quarters = (
                    4 * preamble + (25 if sf < 7 else 17) + 4 * symbols(sf, bw, cr, explicit, crc, size)
                )
                us = -(-(quarters * 2**sf * 1000000) // (4 * bw))
                case(
                    "airtime",
                    "SF%d/%g, %d bytes, %s header"
                    % (sf, bw / 1000, size, "explicit" if explicit else "implicit"),
                    "airtime",
                    us,
                    sf=sf,
                    bw=bw,
                    cr=cr,
                    preamble=preamble,
                    explicit=explicit,
                    crc=crc,
                    size=size,
                )
