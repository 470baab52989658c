//! Who of the nodes may be chosen.

use std::sync::Arc;

use crate::{
    cluster::{Live, Moment},
    node::Node,
};

/// Says of a node whether it is a candidate.
#[derive(Clone, Copy)]
pub(super) struct Admission<'f> {
    tried: &'f [Arc<Node>],
    pub(super) now: Moment,
    reach: Reach,
    keep: Option<Keep<'f>>,
}

/// Who is left out beside the nodes that were tried, from most to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Whoever is not well, and whoever shares the rack of the node tried last.
    Elsewhere,
    /// Whoever is not well.
    Well,
    All,
}

/// A condition, on top of those that were set before.
#[derive(Clone, Copy)]
struct Keep<'f> {
    condition: &'f (dyn Fn(&Node) -> bool + 'f),
    before: Option<&'f Self>,
}

impl<'f> Admission<'f> {
    #[inline]
    pub(super) fn new(tried: &'f [Arc<Node>], now: Moment) -> Self {
        // A rack that is lost would take one attempt after the other.
        let is_rack_lost = match tried {
            [.., one, two] => one.rack().is_some() && one.is_beside(two),
            _ => false,
        };
        Self {
            tried,
            now,
            reach: match is_rack_lost {
                true => Reach::Elsewhere,
                false => Reach::Well,
            },
            keep: None,
        }
    }

    pub(super) fn admits(&self, live: &Live) -> bool {
        // Not even where all look dead: the bound is the user's own.
        !live.is_full()
            && self.reaches(live)
            && !is_among(live.node(), self.tried)
            && self.keep.is_none_or(|keep| keep.holds(live.node()))
    }

    fn reaches(&self, live: &Live) -> bool {
        match self.reach {
            Reach::All => true,
            Reach::Well => live.is_well(self.now),
            Reach::Elsewhere => {
                let last = self.tried.last();
                live.is_well(self.now) && !last.is_some_and(|last| last.is_beside(live.node()))
            }
        }
    }

    /// The same, and of those only who meets one more condition.
    pub(super) fn keeping<'g>(
        &'g self,
        condition: &'g (dyn Fn(&Node) -> bool + 'g),
    ) -> Admission<'g> {
        let keep = Keep {
            condition,
            before: self.keep.as_ref(),
        };
        Admission {
            keep: Some(keep),
            ..*self
        }
    }

    /// Whether nobody is left out who is well.
    pub(super) fn is_open(&self) -> bool {
        self.tried.is_empty() && self.keep.is_none()
    }

    pub(super) fn wider(self) -> Option<Self> {
        let reach = match self.reach {
            Reach::Elsewhere => Reach::Well,
            Reach::Well => Reach::All,
            Reach::All => return None,
        };
        Some(Self { reach, ..self })
    }
}

impl Keep<'_> {
    fn holds(&self, node: &Node) -> bool {
        (self.condition)(node) && self.before.is_none_or(|before| before.holds(node))
    }
}

pub(crate) fn is_among(node: &Arc<Node>, nodes: &[Arc<Node>]) -> bool {
    nodes
        .iter()
        .any(|other| Arc::ptr_eq(node, other) || node.origin() == other.origin())
}
