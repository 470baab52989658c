//! How evenly slots are divided, and how much moves when sites come and go.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tower_muster::BoxError;
use tower_muster_slots::{Assignment, Group, Member, SiteId};

use super::groups::{Case, SLOTS};

/// The most sites of a group.
const SITES: usize = 100;
/// As many as the most replicas of a case, so that no rack need hold a slot twice.
const RACKS: usize = 3;

/// What one group of sites came to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fairness {
    pub(super) what: String,
    pub(super) sites: usize,
    /// The most loaded site's replicas to its share, and its primaries to its share of them.
    pub(super) held: f64,
    pub(super) primaries: f64,
    /// Replicas that moved to the least possible: when the last site joins, and when the first one leaves.
    pub(super) join: f64,
    pub(super) leave: f64,
    /// Slots that the newcomer would have at least, and how many more moved: joins add up to a ratio.
    pub(super) least: usize,
    pub(super) moved: usize,
}

/// Every case, and those of several replicas in racks too, for 2 to 100 sites.
pub(super) fn measure() -> Result<Vec<Fairness>, BoxError> {
    let in_racks = Case::all().map(|case| Case {
        racks: RACKS,
        ..case
    });
    let in_racks = in_racks.filter(|case| case.replicas > 1);
    let mut all = Vec::new();
    for case in Case::all().chain(in_racks) {
        let group = case.group()?;
        let mut assignment = Assignment::of(&group, [case.site(0)?])?;
        for count in 2..=SITES {
            let before = replicas(&group, &assignment);
            let newcomer = case.site(count - 1)?;
            assignment.join(newcomer)?;
            let after = replicas(&group, &assignment);
            let mut without = assignment.clone();
            without.leave(case.site(0)?.id())?;
            let left = replicas(&group, &without);
            let (moved, least) = moved(&before, &after);
            all.push(Fairness {
                what: case.name(),
                sites: count,
                held: worst(&assignment, case.replicas, false),
                primaries: worst(&assignment, 1, true),
                join: ratio((moved, least)),
                leave: ratio(self::moved(&after, &left)),
                least,
                moved,
            });
        }
    }
    Ok(all)
}

type Replicas = BTreeSet<(SiteId, u16)>;

fn replicas(group: &Group, assignment: &Assignment) -> Replicas {
    let slots = group.slots().slots();
    let of = |slot| {
        assignment
            .sites(slot)
            .map(move |id| (id.clone(), slot_number(slot)))
    };
    slots.flat_map(of).collect()
}

fn slot_number(slot: tower_muster_slots::Slot) -> u16 {
    slot.number()
}

/// How many replicas are somewhere new, and how many must be: what every site has more of than before.
fn moved(before: &Replicas, after: &Replicas) -> (usize, usize) {
    let count = |replicas: &Replicas| {
        let mut loads = BTreeMap::new();
        for (id, _) in replicas {
            *loads.entry(id.clone()).or_insert(0_usize) += 1;
        }
        loads
    };
    let (loads, moved) = (count(before), after.difference(before).count());
    let mut least = 0;
    for (id, load) in count(after) {
        if !loads.contains_key(&id) {
            least += load;
        }
    }
    if least == 0 {
        // A site has left: what it held is held by others.
        let after = count(after);
        let gone = loads.iter().filter(|(id, _)| !after.contains_key(*id));
        least = gone.map(|(_, load)| load).sum();
    }
    (moved, least)
}

fn ratio((moved, least): (usize, usize)) -> f64 {
    moved as f64 / least as f64
}

/// The most loaded site, beside its share.
fn worst(assignment: &Assignment, replicas: u16, primaries: bool) -> f64 {
    let members: Vec<&Member> = assignment.members().collect();
    let shares = shares(&members, replicas);
    let loads = members.iter().map(|member| {
        let slots = assignment.slots_of(member.id());
        slots.filter(|(_, primary)| *primary || !primaries).count() as f64
    });
    let ratios = loads.zip(shares).map(|(load, share)| load / share);
    ratios.fold(0.0, f64::max)
}

/// Each site's share by weight: of its rack's, and no rack holds a slot twice.
fn shares(members: &[&Member], replicas: u16) -> Vec<f64> {
    let mut racks = BTreeMap::<_, Vec<f64>>::new();
    for member in members {
        let weights = racks.entry(member.node().rack()).or_default();
        weights.push(member.node().weight());
    }
    let weights: Vec<f64> = racks.values().map(|weights| weights.iter().sum()).collect();
    let total = f64::from(SLOTS) * usize::from(replicas).min(racks.len()) as f64;
    let of_racks = divided(&weights, total);
    // A rack's sites are taken in the order in which its shares were counted.
    let mut of_sites = BTreeMap::new();
    for ((rack, weights), share) in racks.iter().zip(of_racks) {
        of_sites.insert(*rack, divided(weights, share).into_iter());
    }
    let racks = members.iter().map(|member| member.node().rack());
    racks
        .filter_map(|rack| of_sites.get_mut(&rack)?.next())
        .collect()
}

/// Divides slots by weight; nobody can hold one twice, and what is above that is the others'.
fn divided(weights: &[f64], total: f64) -> Vec<f64> {
    let limit = f64::from(SLOTS);
    let share = |factor: f64| {
        let shares = weights.iter().map(|weight| (weight * factor).min(limit));
        shares.collect::<Vec<_>>()
    };
    // What weight 1 is worth, by halving.
    let (mut low, mut high) = (0.0, 2.0 * limit);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match share(middle).iter().sum::<f64>() < total {
            true => low = middle,
            false => high = middle,
        }
    }
    share(high)
}
