#!/usr/bin/env python3
"""A second, independent replay of a Fairhop chain file, written from host-tools/ledger/SPEC.md alone.

Reads a file of section L10, applies every block and prints one JSON object: height, state root, totals and all
balances. It recomputes states and payment links; signatures are left to the implementation under test, because
the standard library of Python has no Ed25519. Exits with 1 when a state root of a header does not come out.
"""
import hashlib
import json
import struct
import sys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Fields:
    """Reads fixed big-endian fields one after another (L2.1)."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def raw(self, count):
        piece = self.data[self.at:self.at + count]
        if len(piece) != count:
            raise ValueError("the bytes end too early")
        self.at += count
        return piece

    def uint(self, count):
        return int.from_bytes(self.raw(count), "big")

    def take(self, spec):
        """'name:4 name:b32 ..' to a dict; 'b' marks raw bytes."""
        values = {}
        for item in spec.split():
            name, size = item.split(":")
            values[name] = self.raw(int(size[1:])) if size[0] == "b" else self.uint(int(size))
        return values


def packed(spec, values):
    out = []
    for item in spec.split():
        name, size = item.split(":")
        value = values[name]
        if size[0] == "b":
            out.append(value)
        else:
            count = int(size.lstrip("i"))
            out.append(int(value).to_bytes(count, "big", signed=size[0] == "i"))
    return b"".join(out)


HOLD = "balance:i6 line:6 escrow:6 guaranteed:6 "
# L3: kind -> (id, value after the version)
RECORDS = {
    1: ("", "height:4 slot:4 nodes:4 openChannels:4 claims:6 settledLinks:6 settledCredits:6 paramsVersion:1 "
            "proposals:4 released:6 seed:b32 epochSlot:4"),
    2: ("key:b32", HOLD + "nonce:4 member:1 memberSince:4 community:2 named:1"),
    3: ("address:4", HOLD + "status:1 owner:b32 guarantor:b32 linkKey:b32 bookRoot:b32 generation:1 usedChains:b32 "
        "home:4 community:2 joined:4 active:4 leavesAt:4 unvouchedAt:4 rekeysAt:4 nextLinkKey:b32 nextBookRoot:b32 "
        "nextGeneration:1 channels:2 named:1 outsideAt:4 auditedAt:4 epoch:4 turnover:6 turnoverBefore:6 paid:6 "
        "globalLevy:6"),
    4: ("number:2", HOLD + "share:2"),
    5: ("payer:4 generation:1 chain:1", "payee:4 window:1 settled:2 limit:2 expiry:4 closing:1 claimed:4 "
        "localRest:2 globalRest:2 link:b16"),
    6: ("address:4", "owner:b32 blockKey:b32 teslaAnchor:b16 anchorSlot:4 registered:4 admitted:4 strikes:1 "
        "genesis:1 revealed:4 weight:6"),
    7: ("", "revision:1 creditLineP:2 payBatchP:1 trustMaxP:1 claimFirst:2 levyLocalPerMille:2 "
        "levyGlobalPerMille:2 demurragePerMille:2"),
    8: ("number:4", "owner:b32 action:1 subject:b32 value:6 countsAt:4 effectAt:4"),
    9: ("proposal:4 owner:b32", "choice:1"),
}
FIGURE_MAX = 2 ** 47 - 1
SIGNED = " nonce:4 validUntil:4 signature:b64"
# L4
LAYOUTS = {
    1: "address:4 owner:b32 linkKey:b32 bookRoot:b32 generation:1 home:4 community:2 guarantor:b32 line:6 "
       "ownerNonce:4 guarantorNonce:4 validUntil:4 s1:b64 s2:b64",
    2: "payer:4 generation:1 chain:1 payee:4 window:1 binding:b112 anchor:b16 path:b256",
    3: "payer:4 generation:1 chain:1 number:2 link:b16",
    4: "payer:4 generation:1 chain:1" + SIGNED,
    5: "fromKind:1 from:b32 toKind:1 to:b32 amount:6" + SIGNED,
    6: "address:4 linkKey:b32 bookRoot:b32 generation:1" + SIGNED,
    7: "address:4" + SIGNED,
    8: "address:4" + SIGNED,
    9: "address:4 home:4" + SIGNED,
    10: "address:4 owner:b32 blockKey:b32 teslaAnchor:b16 anchorSlot:4" + SIGNED,
    11: "address:4 named:1" + SIGNED,
    12: "owner:b32 action:1 subject:b32 value:6" + SIGNED,
    13: "owner:b32 proposal:4 choice:1" + SIGNED,
    14: "auditor:4 subject:4 epoch:4 signature:b64",
    15: "first:b116 firstSignature:b64 second:b116 secondSignature:b64",
    16: "gateway:4 key:b16",
}
HEADER = "version:1 height:4 parent:b32 slot:4 rank:1 producer:4 bodyHash:b32 stateRoot:b32 transactions:2 bodyBytes:4"
ZERO = bytes(32)
RATES = ["creditLineP", "payBatchP", "trustMaxP", "claimFirst", "levyLocalPerMille", "levyGlobalPerMille",
         "demurragePerMille"]


def path_price(g):
    """P: three times the time on air of 78 bytes, after the wire's section 2 (Semtech's formula)."""
    sf, bw = g["spreadingFactor"], g["bandwidthHz"]
    optimised = (1 << sf) * 1000 >= 16 * bw
    per = 4 * (sf - 2 if optimised else sf)
    bits = 8 * 78 - 4 * sf + (0 if sf < 7 else 8) + 16 + 20
    symbols = 8 + (max(0, -(-bits // per))) * (g["codingRate"] + 4)
    quarters = 4 * g["preambleSymbols"] + (25 if sf < 7 else 17) + 4 * symbols
    on_air_us = -(-quarters * (1 << sf) * 250000 // bw)
    return -(-3 * on_air_us // 1000)


class Chain:
    def __init__(self, genesis):
        f = Fields(genesis)
        self.g = f.take("magic:b4 version:1 createdS:6 salt:b16 spreadingFactor:1 bandwidthHz:4 codingRate:1 "
                        "preambleSymbols:2 region:b8 creditLineP:2 payBatchP:1 windowP:1 trustMaxP:1 claimFirst:2 "
                        "levyLocalPerMille:2 levyGlobalPerMille:2 demurragePerMille:2 blockIntervalS:2 moneyRound:2 "
                        "epoch:2 channelEpochs:1 plannedNodes:4 communities:1 owners:1 gateways:1")
        shares = [f.uint(2) for _ in range(self.g["communities"])]
        owners = [f.take("key:b32 line:6") for _ in range(self.g["owners"])]
        gateways = [f.take("owner:1 address:4 blockKey:b32 teslaAnchor:b16") for _ in range(self.g["gateways"])]
        self.id = sha(genesis)[:8]
        self.parent = sha(genesis)
        self.P = path_price(self.g)
        self.link = 1
        while 2 * self.link < self.P:
            self.link *= 2
        self.supply = self.g["creditLineP"] * self.P * self.g["plannedNodes"]
        self.E, self.D = self.g["epoch"], self.g["epoch"] * self.g["channelEpochs"]
        self.found(shares, owners, gateways)

    def found(self, shares, owners, gateways):
        meta = {n.split(":")[0]: 0 for n in RECORDS[1][1].split()}
        self.meta = {**meta, "kind": 1, "seed": ZERO, "paramsVersion": 1}
        self.rates = {"kind": 7, "revision": 1, **{name: self.g[name] for name in RATES}}
        self.pools = {0: self.pool(0, 0), 1: self.pool(1, 0)}
        self.pools[0]["balance"] = self.supply
        for i, share in enumerate(shares):
            self.pools[16 + i] = self.pool(16 + i, share)
        self.owners, self.nodes, self.channels, self.gateways = {}, {}, {}, {}
        self.proposals, self.ballots = {}, {}
        for owner in owners:
            record = self.new_owner(owner["key"])
            record["line"], record["member"] = owner["line"], 1
            self.pools[0]["guaranteed"] += owner["line"]
        for one in gateways:
            self.gateways[one["address"]] = {
                "kind": 6, "address": one["address"], "owner": owners[one["owner"]]["key"],
                "blockKey": one["blockKey"], "teslaAnchor": one["teslaAnchor"],
                "anchorSlot": self.g["createdS"] // self.g["blockIntervalS"], "registered": 0, "admitted": 1,
                "strikes": 0, "genesis": 1, "revealed": 0, "weight": 0}

    @staticmethod
    def pool(number, share):
        return {"kind": 4, "number": number, "balance": 0, "line": 0, "escrow": 0, "guaranteed": 0, "share": share}

    def new_owner(self, key):
        self.owners[key] = {"kind": 2, "key": key, "balance": 0, "line": 0, "escrow": 0, "guaranteed": 0, "nonce": 0,
                            "member": 0, "memberSince": 0, "community": 16, "named": 0}
        return self.owners[key]

    # -- money ----------------------------------------------------------------------------------------------------
    @property
    def credit_line(self):
        return self.rates["creditLineP"] * self.P

    @staticmethod
    def free(a):
        return a["balance"] + a["line"] - a["escrow"] - a["guaranteed"]

    @staticmethod
    def move(a, b, amount):
        a["balance"] -= amount
        b["balance"] += amount

    def guarantor(self, key):
        return self.pools[0] if key == ZERO else self.owners[key]

    # -- L8.1 -----------------------------------------------------------------------------------------------------
    def figures(self, node):
        epochs = self.h // self.E - node["epoch"]
        if epochs == 0:
            return {k: node[k] for k in ("turnover", "turnoverBefore", "paid", "globalLevy")}
        paid, levy = node["paid"], node["globalLevy"]
        for _ in range(epochs):
            if paid == 0 and levy == 0:
                break
            paid, levy = 6 * paid // 7, 6 * levy // 7
        return {"turnover": 0, "turnoverBefore": node["turnover"] if epochs == 1 else 0, "paid": paid,
                "globalLevy": levy}

    def roll(self, node):
        node.update(self.figures(node))
        node["epoch"] = self.h // self.E

    def recent_turnover(self, node):
        f = self.figures(node)
        return f["turnover"] + f["turnoverBefore"] * (self.E - self.h % self.E) // self.E

    def tolerance(self, node):
        return max(self.credit_line // 8, self.recent_turnover(node) // (2 * (self.E // self.g["moneyRound"])))

    def recent(self, height):
        return height > 0 and self.h - height <= self.D

    def affordable(self, payer):
        room = payer["line"] + self.tolerance(payer) - payer["escrow"]
        return max(0, min(self.free(payer), room) // self.link)

    # -- L7 -------------------------------------------------------------------------------------------------------
    def apply(self, raw):
        f = Fields(raw)
        kind, version = f.uint(1), f.uint(1)
        if version != 1 or kind not in LAYOUTS:
            raise ValueError("unknown transaction")
        tx = f.take(LAYOUTS[kind])
        if f.at != len(raw):
            raise ValueError("a transaction is too long")
        getattr(self, ["", "join", "open", "claim", "close", "transfer", "rekey", "leave", "unvouch", "home", "gateway",
                       "name", "propose", "vote", "audit", "evidence", "reveal"][kind])(tx)

    def join(self, tx):
        guarantor = self.owners[tx["guarantor"]]
        guarantor["guaranteed"] += tx["line"]
        owner = self.owners.get(tx["owner"]) or self.new_owner(tx["owner"])
        owner["nonce"] += 1
        if owner is not guarantor:
            guarantor["nonce"] += 1
        node = {item.split(":")[0]: ZERO if ":b32" in item else 0 for item in RECORDS[3][1].split()}
        node.update({k: tx[k] for k in ("address", "owner", "guarantor", "linkKey", "bookRoot", "generation", "home",
                                        "community", "line")})
        node.update({"kind": 3, "status": 1, "joined": self.h})
        self.nodes[tx["address"]] = node
        self.meta["nodes"] += 1

    def open(self, tx):
        payer = self.nodes[tx["payer"]]
        limit = min(1 << tx["window"], 4 * self.P // self.link, self.affordable(payer))
        used = bytearray(payer["usedChains"])
        used[tx["chain"] >> 3] |= 1 << (tx["chain"] & 7)
        payer["usedChains"] = bytes(used)
        payer["escrow"] += limit * self.link
        payer["channels"] += 1
        self.meta["openChannels"] += 1
        self.channels[(tx["payer"], tx["generation"], tx["chain"])] = {
            "kind": 5, "payer": tx["payer"], "generation": tx["generation"], "chain": tx["chain"],
            "payee": tx["payee"], "window": tx["window"], "settled": 0, "limit": limit, "expiry": self.h + self.D,
            "closing": 0, "claimed": 0, "localRest": 0, "globalRest": 0, "link": tx["anchor"]}

    def walk(self, tx, count):
        prefix = bytes([1]) + self.id + struct.pack(">IBBB", tx["payer"], tx["generation"], tx["chain"], 0)
        link = tx["link"]
        for _ in range(count):
            link = sha(prefix, link)[:16]
        return link

    def raise_limit(self, channel, payer, settled_now):
        used = max(4 * self.P, 4 * settled_now) // self.link
        target = min(1024, channel["settled"] + min(1 << channel["window"], used))
        links = min(max(0, target - channel["limit"]), self.affordable(payer))
        channel["limit"] += links
        payer["escrow"] += links * self.link

    def claim(self, tx):
        channel = self.channels[(tx["payer"], tx["generation"], tx["chain"])]
        payer, payee = self.nodes[channel["payer"]], self.nodes[channel["payee"]]
        if self.walk(tx, tx["number"] - channel["settled"]) != channel["link"]:
            raise ValueError("a link does not lead to the settled one")
        to = min(tx["number"], channel["limit"])
        if to == channel["settled"]:
            self.raise_limit(channel, payer, 0)
            return
        links = to - channel["settled"]
        amount = links * self.link
        payer["escrow"] -= amount
        local = amount * self.rates["levyLocalPerMille"] + channel["localRest"]
        world = amount * self.rates["levyGlobalPerMille"] + channel["globalRest"]
        channel["localRest"], channel["globalRest"] = local % 1000, world % 1000
        local, world = local // 1000, world // 1000
        self.roll(payee)
        for name, by in (("turnover", amount), ("paid", local + world), ("globalLevy", world)):
            payee[name] = min(FIGURE_MAX, payee[name] + by)
        self.move(payer, payee, amount - local - world)
        self.move(payer, self.pools[payee["community"]], local)
        self.move(payer, self.pools[1], world)
        channel.update({"settled": to, "link": self.walk(tx, tx["number"] - to), "claimed": self.h})
        if not channel["closing"] and payer["status"] == 1:
            self.raise_limit(channel, payer, amount)
            channel["expiry"] = self.h + self.D
        payer["active"] = payee["active"] = self.h
        if payer["guarantor"] != payee["guarantor"] and self.recent_turnover(payee) >= self.credit_line // 8:
            payee["outsideAt"] = self.h
        for name, by in (("claims", 1), ("settledLinks", links), ("settledCredits", amount)):
            self.meta[name] = min(FIGURE_MAX, self.meta[name] + by)

    def owner_of(self, address):
        owner = self.owners[self.nodes[address]["owner"]]
        owner["nonce"] += 1
        return owner

    def close(self, tx):
        self.channels[(tx["payer"], tx["generation"], tx["chain"])]["closing"] = 1
        self.owner_of(tx["payer"])

    def account(self, kind, reference):
        if kind == 2:
            return self.owners[reference]
        return self.nodes[int.from_bytes(reference[:4], "big")] if kind == 3 else \
            self.pools[int.from_bytes(reference[:2], "big")]

    def transfer(self, tx):
        source = self.account(tx["fromKind"], tx["from"])
        owner = source if source["kind"] == 2 else self.owners[source["owner"]]
        owner["nonce"] += 1
        self.move(source, self.account(tx["toKind"], tx["to"]), tx["amount"])

    def rekey(self, tx):
        self.owner_of(tx["address"])
        self.nodes[tx["address"]].update({"rekeysAt": self.h + self.D, "nextLinkKey": tx["linkKey"],
                                          "nextBookRoot": tx["bookRoot"], "nextGeneration": tx["generation"]})

    def leave(self, tx):
        self.owner_of(tx["address"])
        self.nodes[tx["address"]].update({"status": 2, "leavesAt": self.h + self.D})

    def unvouch(self, tx):
        node = self.nodes[tx["address"]]
        self.owners[node["guarantor"]]["nonce"] += 1
        node["unvouchedAt"] = self.h + self.D

    def home(self, tx):
        self.owner_of(tx["address"])
        self.nodes[tx["address"]]["home"] = tx["home"]

    def name(self, tx):
        node = self.nodes[tx["address"]]
        member = self.owners[node["guarantor"]]
        member["nonce"] += 1
        member["named"] += tx["named"] - node["named"]
        node["named"] = tx["named"]

    def gateway(self, tx):
        self.owners[tx["owner"]]["nonce"] += 1
        record = self.gateways.setdefault(tx["address"], {
            "kind": 6, "address": tx["address"], "owner": tx["owner"], "blockKey": tx["blockKey"], "admitted": 0,
            "strikes": 0, "genesis": 0, "weight": 0})
        record.update({"teslaAnchor": tx["teslaAnchor"], "anchorSlot": tx["anchorSlot"], "registered": self.h,
                       "revealed": 0})

    def propose(self, tx):
        self.owners[tx["owner"]]["nonce"] += 1
        self.meta["proposals"] += 1
        number = self.meta["proposals"]
        self.proposals[number] = {"kind": 8, "number": number, "owner": tx["owner"], "action": tx["action"],
                                  "subject": tx["subject"], "value": tx["value"],
                                  "countsAt": self.h // self.E + 1, "effectAt": 0}

    def vote(self, tx):
        self.owners[tx["owner"]]["nonce"] += 1
        self.ballots[(tx["proposal"], tx["owner"])] = {"kind": 9, "proposal": tx["proposal"], "owner": tx["owner"],
                                                      "choice": tx["choice"]}

    def audit(self, tx):
        self.nodes[tx["subject"]]["auditedAt"] = self.h

    def evidence(self, tx):
        gateway = self.gateways[Fields(tx["first"]).take(HEADER)["producer"]]
        gateway["admitted"] = 0
        gateway["strikes"] = min(255, gateway["strikes"] + 1)

    def reveal(self, tx):
        self.gateways[tx["gateway"]].update({"teslaAnchor": tx["key"], "anchorSlot": self.meta["epochSlot"],
                                             "revealed": self.h // self.E + 1})

    # -- L8 -------------------------------------------------------------------------------------------------------
    def end_block(self, slot):
        nodes = [self.nodes[a] for a in sorted(self.nodes)]
        last = (self.h + 1) % self.E == 0
        if (self.h + 1) % self.g["moneyRound"] == 0:
            self.money_round(nodes)
        if last:
            self.end_epoch(nodes)
        self.meta["height"], self.meta["slot"] = self.h, slot
        if last:
            self.meta["epochSlot"] = slot

    def communities(self):
        return [self.pools[n] for n in sorted(self.pools) if n >= 16]

    def demurrage(self, account, base):
        if base <= 0:
            return 0
        return min(base * self.rates["demurragePerMille"] // 1000, self.free(account))

    def money_round(self, nodes):
        before, shares = self.pools[1]["balance"], sum(p["share"] for p in self.communities())
        for pool in self.communities():
            self.move(self.pools[1], pool, before * pool["share"] // shares)
        for node in nodes:
            if node["balance"] <= 0:
                continue
            due = self.demurrage(node, node["balance"] - self.tolerance(node) - node["guaranteed"])
            if due > 0:
                self.roll(node)
                node["paid"] = min(FIGURE_MAX, node["paid"] + due)
                self.move(node, self.pools[node["community"]], due)
        for key in sorted(self.owners):
            owner = self.owners[key]
            active = sum(n["line"] for n in nodes if n["guarantor"] == key and self.recent(n["active"]))
            due = self.demurrage(owner, owner["balance"] - active)
            if due > 0:
                self.move(owner, self.pools[owner["community"]], due)
        self.allowance(nodes)

    def needy(self, nodes):
        poor = [n for n in nodes if n["balance"] < 0 and (self.recent(n["outsideAt"]) or self.recent(n["auditedAt"]))]
        return sorted(poor, key=lambda n: (n["balance"], n["address"]))

    def allowance(self, nodes):
        rounds = self.E // self.g["moneyRound"]
        trees = {}
        for node in nodes:
            if node["status"] == 1:
                trees.setdefault((node["community"], node["guarantor"]), []).append(node)
        asks = {}
        for (community, guarantor), tree in trees.items():
            owner = self.owners.get(guarantor)
            poor = self.needy(tree)
            basic = 0
            if owner and owner["member"] and owner["community"] == community:
                basic = min(self.credit_line // rounds, -sum(n["balance"] for n in poor if n["named"]))
            paid = sum(self.figures(n)["paid"] for n in tree)
            asks[(community, guarantor)] = (basic, min(paid // (7 * rounds), -sum(n["balance"] for n in poor) - basic))
        for pool in self.communities():
            here = sorted(name for name in trees if name[0] == pool["number"])
            asked = sum(sum(asks[name]) for name in here)
            available = min(asked, pool["balance"])
            if asked == 0:
                continue
            for name in here:
                basic, earned = (part * available // asked for part in asks[name])
                self.pour(pool, self.needy([n for n in trees[name] if n["named"]]), basic)
                self.pour(pool, self.needy(trees[name]), earned)

    def pour(self, pool, nodes, amount):
        debts = [-n["balance"] for n in nodes] + [0]
        got, left = [0] * len(nodes), amount
        for k in range(1, len(nodes) + 1):
            if left == 0:
                break
            step = debts[k - 1] - debts[k]
            lift = min(step, left // k)
            for i in range(k):
                got[i] += lift
            left -= lift * k
            if lift < step:
                for i in range(left):
                    got[i] += 1
                break
        for node, share in zip(nodes, got):
            self.move(pool, node, share)

    def end_epoch(self, nodes):
        for name, channel in list(self.channels.items()):
            if self.h >= channel["expiry"] + self.D:
                payer = self.nodes[channel["payer"]]
                payer["escrow"] -= (channel["limit"] - channel["settled"]) * self.link
                payer["channels"] -= 1
                self.meta["openChannels"] -= 1
                del self.channels[name]
        for node in nodes:
            self.notices(node)
        self.close_votes(nodes)
        self.draw(nodes)
        self.meta["released"] = 0

    def notices(self, node):
        if 0 < node["rekeysAt"] <= self.h:
            node.update({"rekeysAt": 0, "linkKey": node["nextLinkKey"], "bookRoot": node["nextBookRoot"],
                         "generation": node["nextGeneration"], "usedChains": ZERO, "nextLinkKey": ZERO,
                         "nextBookRoot": ZERO, "nextGeneration": 0})
        guarantor = self.guarantor(node["guarantor"])
        if 0 < node["unvouchedAt"] <= self.h:
            in_use = max(0, node["escrow"] + node["guaranteed"] - node["balance"])
            if in_use < node["line"]:
                guarantor["guaranteed"] -= node["line"] - in_use
                node["line"] = in_use
        if 0 < node["leavesAt"] <= self.h and node["channels"] == 0:
            if node["balance"] > 0:
                self.move(node, self.owners[node["owner"]], node["balance"])
            else:
                self.move(guarantor, node, -node["balance"])
            guarantor["guaranteed"] -= node["line"]
            if node["named"]:
                guarantor["named"] -= 1
            node.update({"line": 0, "named": 0, "status": 3, "leavesAt": 0, "rekeysAt": 0, "unvouchedAt": 0})
            self.meta["nodes"] -= 1

    def counted(self, nodes):
        shares, levies = sum(p["share"] for p in self.pools.values()), {}
        for node in nodes:
            levy = self.figures(node)["globalLevy"]
            if levy:
                part = levy * (shares - self.pools[node["community"]]["share"]) // shares
                levies[node["owner"]] = levies.get(node["owner"], 0) + part
        return levies

    def close_votes(self, nodes):
        epoch = self.h // self.E
        due = [p for _, p in sorted(self.proposals.items()) if p["effectAt"] == 0 and p["countsAt"] <= epoch]
        weights = {}
        if due:
            levies = self.counted(nodes)
            for key, owner in self.owners.items():
                since = owner["memberSince"]
                if owner["member"] and (since == 0 or self.h - since >= 7 * self.E):
                    weights[key] = 1 + levies.get(key, 0) // self.P
            most = max(1, sum(weights.values()) // 10)
            weights = {key: min(weight, most) for key, weight in weights.items()}
        for number, proposal in sorted(self.proposals.items()):
            if 0 < proposal["effectAt"] <= epoch:
                self.execute(proposal)
                del self.proposals[number]
        for proposal in due:
            self.count(proposal, weights, epoch)

    def count(self, proposal, weights, epoch):
        sums = [0, 0]
        for name in [n for n in self.ballots if n[0] == proposal["number"]]:
            sums[self.ballots[name]["choice"]] += weights.get(name[1], 0)
            del self.ballots[name]
        no, yes = sums
        enough = yes >= 2 * no if proposal["action"] == 2 else yes > no
        if enough and yes > 0 and 4 * (yes + no) >= sum(weights.values()):
            proposal["effectAt"] = epoch + 1
        else:
            del self.proposals[proposal["number"]]

    def levies_after(self, rate, value):
        rates = {**self.rates, RATES[rate - 1]: value} if 1 <= rate <= len(RATES) else self.rates
        return rates["levyLocalPerMille"] + rates["levyGlobalPerMille"]

    def execute(self, proposal):
        action, subject, value = proposal["action"], proposal["subject"], proposal["value"]
        owner = self.owners.get(subject)
        gateway = self.gateways.get(int.from_bytes(subject[:4], "big"))
        number = int.from_bytes(subject[:2], "big")
        if action == 1 and value in self.pools and value >= 16:
            owner = owner or self.new_owner(subject)
            owner.update({"member": 1, "memberSince": self.h, "community": value})
        elif action == 2 and owner and owner["member"]:
            owner["member"] = 0
        elif action == 3 and gateway and gateway["admitted"] == 0:
            gateway["admitted"] = self.h + 1
        elif action == 4 and gateway:
            if [g for g in self.gateways.values() if g["admitted"]] != [gateway]:
                gateway["admitted"] = 0
        elif action in (5, 6) and owner:
            treasury = self.pools[0]
            most = self.supply * 20 // 1000 - self.meta["released"]
            amount = max(0, min(value, most, treasury["balance"] - treasury["guaranteed"]))
            self.meta["released"] += amount
            if action == 5:
                self.move(treasury, owner, amount)
            else:
                treasury["guaranteed"] += amount
                owner["line"] += amount
        elif action == 7 and self.levies_after(subject[0], value) <= 255:
            self.rates[RATES[subject[0] - 1]] = value
            self.rates["revision"] = (self.rates["revision"] + 1) % 256
            self.meta["paramsVersion"] = self.rates["revision"]
        elif action == 8 and len(self.communities()) < 64:
            new = 16 + len(self.communities())
            self.pools[new] = self.pool(new, value)
        elif action == 9 and sum(p["share"] for n, p in self.pools.items() if n != number) + value > 0:
            self.pools[number]["share"] = value

    def draw(self, nodes):
        epoch = self.h // self.E
        admitted = [g for _, g in sorted(self.gateways.items()) if g["admitted"]]
        keys = [g["teslaAnchor"] if g["revealed"] == epoch + 1 else bytes(16) for g in admitted]
        self.meta["seed"] = sha(bytes([0x48]), self.meta["seed"], *keys)
        levies = self.counted(nodes)
        cap = sum(levies.values()) // 3
        for g in self.gateways.values():
            owned = sum(1 for other in admitted if other["owner"] == g["owner"])
            old = g["registered"] == 0 or g["registered"] // self.E + 2 <= epoch
            g["weight"] = 0
            if g["admitted"] and old and g["revealed"] == epoch + 1:
                g["weight"] = min(cap, levies.get(g["owner"], 0)) // owned + g["genesis"] * self.P

    # -- L6 -------------------------------------------------------------------------------------------------------
    def records(self):
        yield self.meta
        yield self.rates
        for table in (self.owners, self.nodes, self.pools, self.channels, self.gateways, self.proposals, self.ballots):
            yield from table.values()

    def root(self):
        leaves = []
        for record in self.records():
            spec_id, spec = RECORDS[record["kind"]]
            key = sha(bytes([0x45, record["kind"]]), packed(spec_id, record))
            leaves.append((key, sha(bytes([0x46]), key, bytes([1]), packed(spec, record))))
        leaves.sort()

        def subtree(part, depth):
            if not part:
                return ZERO
            if len(part) == 1:
                return part[0][1]
            right = next((i for i, (key, _) in enumerate(part) if key[depth >> 3] >> (7 - (depth & 7)) & 1), len(part))
            return sha(bytes([0x47]), subtree(part[:right], depth + 1), subtree(part[right:], depth + 1))

        return subtree(leaves, 0)

    def block(self, raw):
        header = raw[:116]
        fields = Fields(header).take(HEADER)
        self.h = fields["height"]
        body = raw[180:]
        if fields["parent"] != self.parent or fields["height"] != self.meta["height"] + 1:
            raise ValueError("not the next block")
        if sha(bytes([0x44]), body) != fields["bodyHash"] or len(body) != fields["bodyBytes"]:
            raise ValueError("another body")
        f = Fields(body)
        for _ in range(fields["transactions"]):
            self.apply(f.raw(f.uint(2)))
        self.end_block(fields["slot"])
        self.parent = sha(bytes([0x42]), header)
        if self.root() != fields["stateRoot"]:
            raise ValueError(f"block {self.h}: another state root")


def pieces(data):
    f = Fields(data)
    if f.raw(5) != b"FHCF\x01":
        raise ValueError("not a chain file")
    seal = sha(data[:5])
    while True:
        size = f.uint(4)
        if size == 0:
            break
        piece = f.raw(size)
        seal = sha(seal, piece)
        yield piece
    if f.raw(32) != seal or f.at != len(data):
        raise ValueError("the seal does not match")


def main():
    with open(sys.argv[1], "rb") as file:
        stream = pieces(file.read())
    chain = Chain(next(stream))
    for raw in stream:
        chain.block(raw)
    accounts = [*chain.owners.values(), *chain.nodes.values(), *chain.pools.values()]
    balances = {}
    for a in accounts:
        name = {2: "owner:", 3: "node:", 4: "pool:"}[a["kind"]]
        name += a["key"].hex() if a["kind"] == 2 else f"{a['address']:08x}" if a["kind"] == 3 else str(a["number"])
        balances[name] = a["balance"]
    print(json.dumps({"height": chain.meta["height"], "stateRoot": chain.root().hex(), "supply": chain.supply,
                      "sum": sum(balances.values()), "minFree": min(map(chain.free, accounts)), "balances": balances}))


try:
    main()
except (ValueError, KeyError) as error:
    print(f"replay: {error!r}", file=sys.stderr)
    sys.exit(1)
