//! Assignments that must never change: sites of two versions of this crate share a group while it is upgraded.
//!
//! The files under `golden/` were written by another program, in Python with whole numbers, which has a logarithm of its
//! own, sorts all pairs of sites and slots by their cost and goes through them once for each round. The rule and the
//! command are written down in `golden/README.md`.

#![allow(
    clippy::expect_used,
    reason = "in a test a failed expectation is the report"
)]

use tower_muster_slots::{Assignment, Group, Member, Slot, SlotCount, Spread};

const FILES: [(&str, &str); 12] = [
    ("equal", include_str!("golden/equal.txt")),
    ("large", include_str!("golden/large.txt")),
    ("missing-racks", include_str!("golden/missing-racks.txt")),
    ("one-site", include_str!("golden/one-site.txt")),
    ("racks", include_str!("golden/racks.txt")),
    ("squeeze", include_str!("golden/squeeze.txt")),
    ("squeeze-over", include_str!("golden/squeeze-over.txt")),
    ("squeeze-racks", include_str!("golden/squeeze-racks.txt")),
    ("strict", include_str!("golden/strict.txt")),
    ("too-few", include_str!("golden/too-few.txt")),
    ("two-per-rack", include_str!("golden/two-per-rack.txt")),
    ("weights", include_str!("golden/weights.txt")),
];

#[test]
fn no_version_assigns_otherwise() {
    for (name, file) in FILES {
        let mut lines = file.lines();
        let group = group(lines.next().expect("a group"));
        let sites = file.lines().filter_map(|line| line.strip_prefix("site "));
        let assignment = Assignment::of(&group, sites.map(member)).expect("an assignment");
        for line in file.lines().filter_map(|line| line.strip_prefix("slot ")) {
            let mut words = line.split(' ');
            let slot = Slot::new(words.next().expect("a slot").parse().expect("a number"));
            let sites = assignment.sites(slot).map(|id| id.as_str());
            assert!(sites.eq(words), "{name}: slot {line}");
        }
        let digest = file.lines().find_map(|line| line.strip_prefix("digest "));
        let ours = format!("{:016x}", assignment.digest());
        assert_eq!(Some(&*ours), digest, "{name}");
    }
}

#[test]
fn no_version_finds_another_slot_for_a_key() {
    let bytes: Vec<u8> = (0..=255).collect();
    let keys: [(&[u8], [u16; 4]); 8] = [
        (b"", [0, 0, 0, 0]),
        (b"a", [0, 2, 982, 16_093]),
        (b"user:17", [0, 1, 507, 8_319]),
        (b"user:18", [0, 1, 563, 9_232]),
        (b"12345678", [0, 1, 604, 9_897]),
        (b"123456789", [0, 1, 619, 10_144]),
        (b"a key of 20 bytes...", [0, 0, 23, 387]),
        (&bytes, [0, 1, 659, 10_802]),
    ];
    for (key, expected) in keys {
        let counts = [1, 3, 1_000, 16_384].map(|count| SlotCount::new(count).expect("a count"));
        let found = counts.map(|count| count.slot_of(key).number());
        assert_eq!(found, expected, "{key:?}");
    }
}

fn group(line: &str) -> Group {
    let field = |name: &str| {
        let mut words = line.split(' ');
        words.find_map(|word| word.strip_prefix(name)).expect(name)
    };
    let spread = match field("spread=") {
        "anywhere" => Spread::Anywhere,
        "racks" => Spread::Racks,
        strictly => Spread::Strictly {
            racks: strictly
                .trim_start_matches("strictly:")
                .parse()
                .expect("racks"),
        },
    };
    let group = Group::builder("golden").spread(spread);
    let group = group.slots(field("slots=").parse().expect("slots"));
    let group = group.replicas(field("replicas=").parse().expect("replicas"));
    let group = group.min_sites(field("min_sites=").parse().expect("sites"));
    group.build().expect("a group")
}

fn member(line: &str) -> Member {
    let words: Vec<&str> = line.split(' ').collect();
    let [id, datacenter, rack, weight] = *words else {
        panic!("{line}");
    };
    let member = Member::new(id, "http://10.0.0.1:7000").expect("a member");
    let member = member.in_rack(datacenter, rack).expect("a rack");
    member
        .weighted(weight.parse().expect("a number"))
        .expect("a weight")
}
