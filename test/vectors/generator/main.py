#!/usr/bin/env python3
"""Makes the vectors beside this folder from SPEC.md alone: python3 test/vectors/generator/main.py [folder]

Standard library only, and no line of it is shared with the TypeScript: hashlib and hmac, an AES of its own that is
checked against SP 800-38A first, layouts typed from the tables of the SPEC. Deterministic, so a second run changes
nothing. A case has a name, an operation, its input, and what must come out: a hexadecimal string, a number (an error
code of SPEC 9) or a line of text.
"""

import json
import os
import sys

import chequebook
import frames
import ledger
import numbers_and_air
import packets
import payloads
import standards
from common import FILES


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    standards.standards()
    chequebook.chequebook()
    packets.packets()
    frames.frames()
    payloads.payloads()
    payloads.fragments()
    ledger.headers()
    ledger.proofs()
    numbers_and_air.amounts()
    numbers_and_air.airtime()
    for file, cases in FILES.items():
        names = [c["name"] for c in cases]
        assert len(set(names)) == len(names), (file, sorted(n for n in names if names.count(n) > 1))
        with open(os.path.join(folder, file + ".json"), "w") as out:
            out.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
        print("%-12s %4d cases" % (file, len(cases)))


main()
