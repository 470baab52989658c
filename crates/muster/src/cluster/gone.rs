//! What is remembered of nodes that have left the list.

use std::{collections::HashMap, time::Duration};

use super::{live::Live, moment::Moment};
use crate::{health::Health, origin::Origin};

/// For how long: a node that starts, fails and is taken off the list again and again does so within it.
const REMEMBERED: Duration = Duration::from_secs(60);

/// How long nodes are to be waited for that have left the list a short while ago, and were out before.
///
/// A node that comes back to the list is a new one in all else; but one that crashes in a loop would never
/// be waited for longer, if each time it came it were new in that, too.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// As they will be if they join again, and when they left.
    nodes: HashMap<Origin, (Health, Moment)>,
}

impl Gone {
    /// What is remembered once the nodes `left` are gone, too.
    pub(super) fn with<'a>(&self, left: impl Iterator<Item = &'a Live>, now: Moment) -> Self {
        let left = left.map(|live| (live.node().origin(), (live.joining_again(), now)));
        let before = self.nodes.iter().map(|(origin, gone)| (origin, *gone));
        let of_interest = before
            .chain(left)
            .filter(|(_, (health, at))| health.backoff() > 0 && now.since(*at) < REMEMBERED);
        Self {
            nodes: of_interest
                .map(|(origin, gone)| (origin.clone(), gone))
                .collect(),
        }
    }

    /// The health of a node that joins.
    pub(super) fn joining(&self, origin: &Origin, now: Moment) -> Health {
        let gone = self.nodes.get(origin);
        match gone.filter(|(_, at)| now.since(*at) < REMEMBERED) {
            Some((health, _)) => *health,
            None => Health::joining(),
        }
    }
}
