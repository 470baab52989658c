"""Writes the golden assignments anew, by the rule in README.md: python3 crates/slots/tests/golden/generate.py

Nothing here is taken from the crate. Numbers are whole, the logarithm's table comes from decimals of 60 digits, and all
pairs of sites and slots are sorted and gone through once for each round.
"""

from decimal import Decimal, getcontext
from pathlib import Path

WORD = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
POINT = 20

getcontext().prec = 60
LOG2 = [int((1 + Decimal(i) / 1024).ln() / Decimal(2).ln() * (1 << 48)) for i in range(1024)]
LOG2.append(1 << 48)


def mix(b):
    b ^= b >> 30
    b = b * 0xBF58476D1CE4E5B9 & WORD
    b ^= b >> 27
    b = b * 0x94D049BB133111EB & WORD
    return b ^ b >> 31


def hash_of(data):
    h = len(data) * GOLDEN & WORD
    for start in range(0, len(data), 8):
        h = mix(h ^ int.from_bytes(data[start : start + 8], "little"))
    return h


def log(x):
    x = max(x, 1)
    z = 64 - x.bit_length()
    f = (x << z) & (WORD >> 1)
    s, r = f >> 53, f & ((1 << 53) - 1)
    return ((z + 1) << 48) - LOG2[s] - ((LOG2[s + 1] - LOG2[s]) * r >> 53)


def fill(weights, limit, total):
    rest, left, full, shares = total, sum(weights.values()), True, {}
    for key, weight in sorted(weights.items(), key=lambda one: -one[1]):
        full = full and rest * weight >= limit * left
        if full:
            shares[key] = limit
            rest, left = max(0, rest - limit), left - weight
        else:
            shares[key] = -(-rest * weight // left)
    return shares


def capacity(share):
    return max(-(-share >> POINT), (share * 1149 // 1000) >> POINT)


class Matching:
    def __init__(self, slots, replicas, spread, sites):
        self.slots = slots
        self.rack = {site: site if spread == "anywhere" else place for site, place, _ in sites}
        weights = {site: weight for site, _, weight in sites}
        self.racks = {}
        for site, weight in weights.items():
            self.racks.setdefault(self.rack[site], {})[site] = weight
        self.rounds = self.count_rounds(replicas, spread)
        self.primaries, self.held = self.capacities(weights)
        hashes = {site: hash_of(site.encode()) for site in weights}
        seeds = [mix((slot + 1) * GOLDEN & WORD) for slot in range(slots)]
        self.cost = {
            (slot, site): log(mix(seeds[slot] ^ hashes[site])) * 1000 // weight
            for slot in range(slots)
            for site, weight in weights.items()
        }
        self.pairs = sorted((cost, slot, site) for (slot, site), cost in self.cost.items())
        self.got = [[] for _ in range(slots)]
        # How many slots were short of a site, and how many of them nobody could make room for.
        self.short, self.over = 0, 0

    def count_rounds(self, replicas, spread):
        rounds = []
        while replicas > 0:
            taken = min(replicas, sum(len(rack) > len(rounds) for rack in self.racks.values()))
            if taken == 0 or (spread.startswith("strictly") and rounds):
                break
            rounds.append(taken)
            replicas -= taken
        return rounds

    def capacities(self, weights):
        limit = self.slots << POINT
        primaries = fill(weights, limit, limit)
        shares = dict.fromkeys(self.racks, 0)
        for number, taken in enumerate(self.rounds):
            able = {rack: sum(its.values()) for rack, its in self.racks.items() if len(its) > number}
            for rack, share in fill(able, limit, limit * taken).items():
                shares[rack] += share
        held = {}
        for rack, its in self.racks.items():
            held |= fill(its, limit, shares[rack])
        return tuple({site: capacity(share) for site, share in one.items()} for one in (primaries, held))

    def run(self):
        room = self.primaries
        for _, slot, site in self.pairs:
            if not self.got[slot] and room[site] > 0:
                self.got[slot].append(site)
                room[site] -= 1
        room, until = self.held, 0
        for got in self.got:
            # A primary may be one more than what racks leave to its site.
            room[got[0]] = max(0, room[got[0]] - 1)
        for taken in self.rounds:
            start, until = until, until + taken
            for _, slot, site in self.pairs:
                if len(self.got[slot]) < until and room[site] > 0 and self.may_have(slot, site, start):
                    self.got[slot].append(site)
                    room[site] -= 1
            self.squeeze(start, until, room)

    def may_have(self, slot, site, start, without=None):
        """Whether a site is another one than those of a slot, and of another rack than those of this round."""
        before, now = self.got[slot][:start], self.got[slot][start:]
        racks = [self.rack[other] for other in now if other != without]
        return site not in before and self.rack[site] not in racks

    def squeeze(self, start, until, room):
        short = [slot for slot in range(self.slots) for _ in range(until - len(self.got[slot]))]
        self.short += len(short)
        refuges = []
        for site in sorted(self.rack, key=str.encode):
            others = (slot for slot in range(self.slots) if site not in self.got[slot])
            refuges.append((site, sorted(others, key=lambda slot: (self.cost[slot, site], slot))))
        left = [slot for slot in short if not any(self.swap(slot, *refuge, start, room) for refuge in refuges)]
        self.over += len(left)
        for slot in left:
            self.got[slot].append(self.open_sites(slot, start)[0])

    def open_sites(self, slot, start):
        sites = (site for site in self.rack if self.may_have(slot, site, start))
        return sorted(sites, key=lambda site: (self.cost[slot, site], site.encode()))

    def swap(self, slot, refuge, others, start, room):
        if room[refuge] <= 0:
            return False
        for given in self.open_sites(slot, start):
            for other in others:
                # Sites of rounds before are not given away, nor is the primary.
                if given in self.got[other][max(start, 1) :] and self.may_have(other, refuge, start, given):
                    self.got[other].remove(given)
                    self.got[other].append(refuge)
                    self.got[slot].append(given)
                    others.remove(other)
                    room[refuge] -= 1
                    return True
        return False

    def rows(self):
        def order(slot, site):
            return -((WORD - self.cost[slot, site]) // 2), site.encode()

        return [
            got[:1] + sorted(got[1:], key=lambda site: order(slot, site)) for slot, got in enumerate(self.got)
        ]


def digest(rows):
    d = 0
    for row in rows:
        for value in [hash_of(site.encode()) for site in row] + [0]:
            d = mix(d ^ value) + GOLDEN & WORD
    return d


def sites(count, racks=1, weights=(1000,)):
    return [(f"site-{n}", ("dc1", f"rack-{n % racks}"), weights[n % len(weights)]) for n in range(count)]


def write(name, slots, replicas, least, spread, members, short=0, over=0):
    rows = [[] for _ in range(slots)]
    if len(members) >= least:
        matching = Matching(slots, replicas, spread, members)
        matching.run()
        rows = matching.rows()
        found = matching.short, matching.over
        assert found == (short, over), f"{name}: slots that are short of a site: {found}"
    lines = [f"group slots={slots} replicas={replicas} min_sites={least} spread={spread}"]
    for site, (datacenter, rack), weight in members:
        lines.append(f"site {site} {datacenter} {rack} {weight / 1000:g}")
    lines.append(f"digest {digest(rows):016x}")
    shown = {0, 1, 2, 17, slots // 3, slots // 2, slots - 1}
    lines += [" ".join(["slot", str(slot), *rows[slot]]) for slot in sorted(shown) if slot < slots]
    Path(__file__).with_name(f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write("one-site", 16, 2, 1, "racks", sites(1))
    write("too-few", 16, 2, 3, "racks", sites(2))
    write("equal", 1024, 1, 1, "anywhere", sites(20))
    write("weights", 1024, 2, 1, "anywhere", sites(30, weights=(1000, 2000, 500, 3333)))
    write("racks", 1000, 3, 1, "racks", sites(24, 4))
    write("two-per-rack", 512, 4, 1, "racks", sites(12, 2, (1000, 1500)))
    write("strict", 777, 3, 1, "strictly:3", sites(12, 3, (1000, 2000, 1500, 1000)))
    write("missing-racks", 256, 3, 1, "strictly:3", sites(8, 2))
    write("large", 16384, 2, 5, "racks", sites(100, 5, (1000, 1000, 2000)))
    write("squeeze", 256, 3, 1, "anywhere", sites(4, weights=(2000, 3000, 4000, 1000)), short=12)
    write("squeeze-racks", 256, 5, 1, "racks", sites(7, 3, (1000, 3000, 500, 9000)), short=5)
    write("squeeze-over", 256, 5, 1, "racks", sites(6, 2, (4000, 3000, 1500)), short=47, over=11)
