//! Room for slots that all sites with room left hold already.
//!
//! In a small group one heavy site may have room that nobody asks for, since all who would be better off there hold
//! others, while slots that it holds already find everybody else full. Then a slot that does not hold it gives one of
//! its sites to the slot that lacks one, and takes the heavy site instead. What is in nobody's interest alone is done
//! in an order of its own: sites by id, the slots to move by what the site costs them, those that lack one by number.

use super::{Candidate, Matching, Number, Pick, score};

/// A site with room, and the slots that could go there, the least cost first.
struct Refuge {
    candidates: Vec<(Candidate, usize)>,
    room: usize,
}

impl Matching<'_> {
    /// Finds a site for each slot that is short of one; those for which there is none stay in the list.
    pub(super) fn squeeze(&mut self, short: &mut Vec<usize>) {
        short.sort_unstable();
        let mut refuges = self.refuges();
        short.retain(|slot| {
            let mut refuges = refuges.iter_mut();
            !refuges.any(|refuge| refuge.room > 0 && self.swap(*slot, refuge))
        });
    }

    fn refuges(&self) -> Vec<Refuge> {
        let mut refuges = Vec::new();
        for (site, entry) in self.sites.iter() {
            let room = self.room[site as usize] as usize - self.taken[site as usize].len();
            if room == 0 {
                continue;
            }
            let holds = |slot: usize| {
                self.picks
                    .of(slot)
                    .iter()
                    .any(|pick| pick.candidate.site == site)
            };
            let others = (0..self.rows.len()).filter(|slot| !holds(*slot));
            let cost = |slot| {
                let pair = score::pair(self.rows.seed(slot), entry.hash);
                (entry.candidate(pair, site), slot)
            };
            let mut candidates: Vec<_> = others.map(cost).collect();
            candidates.sort_unstable_by_key(|(candidate, slot)| (candidate.cost, *slot));
            refuges.push(Refuge { candidates, room });
        }
        refuges
    }

    /// Lets another slot go to the refuge, and gives what it leaves to the slot: the least cost first.
    fn swap(&mut self, slot: usize, refuge: &mut Refuge) -> bool {
        let mut last = None;
        while let Some(pick) = self.next(slot, last) {
            let given = pick.candidate.site;
            let mut others = refuge.candidates.iter();
            let found = others.position(|(goes, other)| self.can_give(*other, given, *goes));
            if let Some(index) = found {
                let (candidate, other) = refuge.candidates.remove(index);
                refuge.room -= 1;
                self.picks.lose(other, given);
                // Places are asked for no more in this round.
                self.picks.add(
                    other,
                    Pick {
                        candidate,
                        place: 0,
                    },
                );
                self.picks.add(slot, pick);
                return true;
            }
            last = Some(pick);
        }
        false
    }

    /// Whether a slot holds a site since this round, and may go to the refuge instead.
    fn can_give(&self, slot: usize, given: Number, refuge: Candidate) -> bool {
        let (fixed, new) = self.picks.parts(slot);
        let is_given = |pick: &&Pick| pick.candidate.site == given;
        let rest = new.iter().filter(|pick| !is_given(pick));
        new.iter().any(|pick| is_given(&pick))
            && self.picks.is_open(fixed, refuge)
            && rest
                .into_iter()
                .all(|pick| pick.candidate.rack != refuge.rack)
    }
}
