//! What each site's share of the slots is, and how much more than that it may hold.

use super::{
    Rules,
    sites::{Number, Sites},
};
use crate::group::Spread;

/// How much a site may hold of its share, in thousandths.
///
/// A bound takes load off the most loaded, and costs movement: when a site joins, the bounds of the others fall, and one
/// that is at its bound gives up slots which do not go to the newcomer, or takes back some that it had refused. Over 2
/// to 100 sites of equal weights and of weights 1 to 4 by turns, the worst join or leave with one replica moved 1.22
/// times the least possible with 1.08 and 1.06 with 1.14; with three replicas the worst was 1.114 with 1.14, and is 1.097
/// with this. It is as much as a load of 1.15 leaves.
///
/// Where replicas are nearly as many as sites and weights differ widely more moves all the same, up to about a third
/// more than the least possible, since the light sites are at their bounds.
const ROOM: u128 = 1_149;

/// Bits behind the point of a share, so that the shares of racks and of sites within them are not rounded twice.
const POINT: u32 = 20;

/// The capacities of sites, by their numbers.
#[derive(Debug)]
pub(super) struct Shares {
    /// How many slots each site may be the first of.
    pub(super) primaries: Vec<u32>,
    /// How many slots each site may hold.
    pub(super) held: Vec<u32>,
    /// How many replicas are chosen one per rack, how many after that as the second of their rack, and so on.
    pub(super) rounds: Vec<usize>,
}

impl Shares {
    pub(super) fn of(rules: &Rules, sites: &Sites) -> Self {
        let slots = u64::from(rules.slots.get()) << POINT;
        let members = racks(sites);
        let rounds = rounds(rules, &members);
        let mut shares = Self {
            primaries: vec![0; sites.numbers()],
            held: vec![0; sites.numbers()],
            rounds,
        };
        let everyone: Vec<(Number, u64)> = members.iter().flatten().copied().collect();
        for (site, share) in fill(&everyone, slots, slots) {
            shares.primaries[site as usize] = capacity(share);
        }
        for (rack, share) in rack_shares(&members, &shares.rounds, slots) {
            for (site, share) in fill(&members[rack as usize], slots, share) {
                shares.held[site as usize] = capacity(share);
            }
        }
        shares
    }
}

/// Each rack's sites with their weights.
fn racks(sites: &Sites) -> Vec<Vec<(Number, u64)>> {
    let mut racks = vec![Vec::new(); sites.racks()];
    for (number, entry) in sites.iter() {
        racks[entry.rack as usize].push((number, entry.weight));
    }
    racks
}

/// In how many rounds replicas are chosen, of which each takes one more per rack, and how many in each.
fn rounds(rules: &Rules, racks: &[Vec<(Number, u64)>]) -> Vec<usize> {
    let mut missing = usize::from(rules.replicas);
    let mut rounds = Vec::new();
    while missing > 0 {
        let open = racks.iter().filter(|sites| sites.len() > rounds.len());
        let taken = open.count().min(missing);
        if taken == 0 || (matches!(rules.spread, Spread::Strictly { .. }) && !rounds.is_empty()) {
            break;
        }
        rounds.push(taken);
        missing -= taken;
    }
    rounds
}

/// The share of each rack: of every round by weight, and never more than one replica of each slot in a round.
fn rack_shares(racks: &[Vec<(Number, u64)>], rounds: &[usize], slots: u64) -> Vec<(u32, u64)> {
    let mut shares = vec![0; racks.len()];
    for (round, replicas) in rounds.iter().enumerate() {
        let open: Vec<_> = (0..)
            .zip(racks)
            .filter(|(_, sites)| sites.len() > round)
            .map(|(rack, sites)| (rack, sites.iter().map(|(_, weight)| weight).sum()))
            .collect();
        for (rack, share) in fill(&open, slots, slots * *replicas as u64) {
            shares[rack as usize] += share;
        }
    }
    (0..).zip(shares).collect()
}

/// Divides a total by weight so that nobody gets more than a limit: what is above it goes to the others.
fn fill(weights: &[(u32, u64)], limit: u64, total: u64) -> Vec<(u32, u64)> {
    let mut order = weights.to_vec();
    order.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    let mut rest = u128::from(total);
    let mut weight_left: u128 = order.iter().map(|(_, weight)| u128::from(*weight)).sum();
    // Once one is below the limit, so are all that weigh less.
    let mut at_limit = true;
    for (_, weight) in &mut order {
        let own = u128::from(*weight);
        at_limit = at_limit && rest * own >= u128::from(limit) * weight_left;
        *weight = match at_limit {
            true => {
                rest = rest.saturating_sub(u128::from(limit));
                weight_left -= own;
                limit
            }
            // Below the limit, which fits.
            false => (rest * own).div_ceil(weight_left) as u64,
        };
    }
    order
}

/// What a site with a share may hold: a whole number at least, so that all have room together.
fn capacity(share: u64) -> u32 {
    let roomy = (u128::from(share) * ROOM / 1_000) >> POINT;
    // No more than some 2^15 slots.
    share.div_ceil(1 << POINT).max(roomy as u64) as u32
}
