//! A site's plan: sites agree on it, and what is kept of the last one never shows.

use proptest::prelude::*;

use super::{Plan, planner};
use crate::{Group, Member, SiteId, Slot, Spread, site::state::Targets};

fn members(count: usize) -> Vec<Member> {
    let member = |number| Member::new(&format!("s{number}"), "http://10.0.0.1:7000");
    (0..count)
        .map(|number| member(number).expect("a member"))
        .collect()
}

fn plan(group: &Group) -> Plan {
    Plan {
        group: group.clone(),
        me: "s0".parse().expect("an id"),
        kept: None,
    }
}

/// How often the kept assignment has been mended since it was made.
fn mended(plan: &Plan) -> usize {
    plan.kept.as_ref().expect("a plan").mended()
}

#[test]
fn nothing_is_assigned_while_too_few_sites_are_there() {
    let group = Group::builder("g").min_sites(3).build().expect("a group");
    let planner = planner(group, "s0".parse().expect("an id"));
    assert!(planner(&members(2)).is_none());
    assert!(planner(&members(3)).is_some());
    assert!(planner(&members(2)).is_none());
}

#[test]
fn sites_agree_on_who_holds_what_and_who_is_first() {
    let group = Group::builder("g")
        .slots(64)
        .replicas(2)
        .build()
        .expect("a group");
    let (members, slots) = (members(4), group.slots());
    let targets = members.iter().map(|member| {
        let planner = planner(group.clone(), member.id().clone());
        (member.id().clone(), planner(&members).expect("targets"))
    });
    let targets: Vec<_> = targets.collect();
    let of = |slot: Slot| {
        let site = |(id, targets): &(SiteId, Targets)| {
            let target = targets.0[slot.index()].clone();
            (id.clone(), target.aim, target.first)
        };
        targets.iter().map(site).collect::<Vec<_>>()
    };
    for slot in slots.slots() {
        let sites = of(slot);
        let wanted = sites.iter().filter(|(_, aim, _)| aim.wanted);
        assert_eq!(wanted.count(), 2, "{slot}");
        let highest = sites
            .iter()
            .max_by_key(|(_, aim, _)| aim.claim)
            .expect("a site");
        assert!(highest.1.first && highest.1.wanted, "{slot}: {sites:?}");
        let mut firsts = sites.iter().map(|(.., first)| first);
        assert!(firsts.all(|first| first.as_ref() == Some(&highest.0)));
    }
}

#[test]
fn one_site_more_or_less_among_many_mends_what_was_kept() {
    let group = Group::builder("g").slots(64).build().expect("a group");
    let (mut plan, mut members) = (plan(&group), members(64));
    plan.targets(&members).expect("targets");
    assert_eq!(mended(&plan), 0);
    let last = members.pop().expect("a member");
    plan.targets(&members).expect("targets");
    assert_eq!(mended(&plan), 1, "one has left");
    plan.targets(&members).expect("targets");
    assert_eq!(mended(&plan), 1, "nothing is done when nothing is new");
    members.push(last);
    plan.targets(&members).expect("targets");
    assert_eq!(mended(&plan), 2, "one has joined");
    members[7] = members[7].clone().weighted(2.0).expect("a weight");
    plan.targets(&members).expect("targets");
    assert_eq!(mended(&plan), 4, "one is another now");
    members[8] = Member::new("s8", "http://10.0.0.2:7000").expect("a member");
    plan.targets(&members).expect("targets");
    assert_eq!(mended(&plan), 4, "an address has no part in it");
}

#[test]
fn many_sites_at_once_are_assigned_anew() {
    let group = Group::builder("g").slots(64).build().expect("a group");
    let (mut plan, members) = (plan(&group), members(64));
    plan.targets(&members).expect("targets");
    plan.targets(&members[1..]).expect("targets");
    assert_eq!(mended(&plan), 1);
    plan.targets(&members[32..]).expect("targets");
    assert_eq!(mended(&plan), 0);
}

#[test]
fn an_id_that_comes_twice_gives_no_plan_and_spoils_none() {
    let group = Group::builder("g").slots(64).build().expect("a group");
    let (mut kept, members) = (plan(&group), members(64));
    kept.targets(&members).expect("targets");
    let mut twice = members.clone();
    twice.push(members[3].clone());
    assert_eq!(kept.targets(&twice), None);
    assert_eq!(
        kept.targets(&members),
        plan(&group).targets(&members),
        "the next one is as it would be"
    );
}

/// A group, and lists of its members: site, rack, weight and address of each.
fn lives() -> impl Strategy<Value = (Group, Vec<Vec<Member>>)> {
    let spread = prop_oneof![
        Just(Spread::Anywhere),
        Just(Spread::Racks),
        Just(Spread::Strictly { racks: 5 })
    ];
    let group = (1_u32..60, 1_u16..=5, 1_u32..4, spread);
    let group = group.prop_map(|(slots, replicas, min_sites, spread)| {
        let group = Group::builder("g").slots(slots).replicas(replicas);
        let group = group.min_sites(min_sites).spread(spread).build();
        group.expect("a group")
    });
    (group, life())
}

/// Where a site may be, what it weighs in thousandths, and the end of its address; none while it is not there.
type Seat = Option<(u32, u32, u8)>;

/// Lists of members of which each differs from the one before in a few, or in all.
fn life() -> impl Strategy<Value = Vec<Vec<Member>>> {
    let weight = prop_oneof![3 => Just(1_000), 1 => 500_u32..4_000];
    let seat = prop::option::weighted(0.8, (0_u32..4, weight, 1_u8..3)).boxed();
    let change = (any::<prop::sample::Index>(), seat.clone());
    let few = prop::collection::vec(change, 0..4);
    let seats = prop_oneof![1 => 1_usize..12, 3 => 16_usize..72];
    seats.prop_flat_map(move |count| {
        let all = prop::collection::vec(seat.clone(), count);
        let step = prop_oneof![
            8 => few.clone().prop_map(Step::Few),
            1 => all.clone().prop_map(Step::All),
        ];
        (all, prop::collection::vec(step, 1..10)).prop_map(lists)
    })
}

#[derive(Debug, Clone)]
enum Step {
    Few(Vec<(prop::sample::Index, Seat)>),
    All(Vec<Seat>),
}

fn lists((mut seats, steps): (Vec<Seat>, Vec<Step>)) -> Vec<Vec<Member>> {
    let mut lists = vec![seated(&seats)];
    for step in steps {
        match step {
            Step::All(all) => seats = all,
            Step::Few(few) => {
                for (index, seat) in few {
                    *index.get_mut(&mut seats) = seat;
                }
            }
        }
        lists.push(seated(&seats));
    }
    lists
}

fn seated(seats: &[Seat]) -> Vec<Member> {
    let seats = seats.iter().enumerate();
    let there = seats.filter_map(|(number, seat)| seat.map(|seat| (number, seat)));
    let member = |(number, (rack, weight, address))| {
        let member = Member::new(
            &format!("s{number}"),
            &format!("http://10.0.0.{address}:7000"),
        );
        let member = member.expect("a member").in_rack("dc1", format!("r{rack}"));
        let member = member
            .expect("a rack")
            .weighted(f64::from(weight) / 1_000.0);
        member.expect("a weight")
    };
    there.map(member).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_was_planned_before_the_plan_is_as_the_first_one_would_be((group, lists) in lives()) {
        let mut kept = plan(&group);
        for members in lists {
            prop_assert_eq!(kept.targets(&members), plan(&group).targets(&members));
        }
    }
}
