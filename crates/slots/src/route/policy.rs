//! The site that holds a request's slot.

use std::fmt;

use tower_muster::{
    Node, Policy,
    policy::{Candidate, Candidates, Route},
};

use super::SlotKey;
use crate::{Slot, SlotTable};

/// Picks the primary of a request's slot; for reads that allow it a holder, by an inner policy.
///
/// | request | goes to |
/// |---|---|
/// | with a [`SlotKey`] | the slot's primary, as long as it is a member, however it looks: nobody else may serve it |
/// | with one that [allows a replica](SlotKey::or_replica) | one of the slot's holders, as `inner` chooses |
/// | without | any member, as `inner` chooses |
///
/// Where there is none the policy declines, and nothing is sent. A site that is not a member any more is never
/// chosen, also while the cluster still knows it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use http::Request;
/// use tower_muster::{Cluster, policy::{PowerOfTwo, Route}};
/// use tower_muster_slots::{Group, ManualGroup, Member, Slot, SlotKey, SlotPolicy};
///
/// let group = ManualGroup::new(&Group::builder("counters").build()?);
/// let (one, two) = (Member::new("one", "http://10.0.0.1")?, Member::new("two", "http://10.0.0.2")?);
/// group.join(&one);
/// group.join(&two);
/// group.hold(Slot::new(7), [two.id(), one.id()]);
///
/// let cluster = Cluster::fixed([one.node().clone(), two.node().clone()])?;
/// let policy = SlotPolicy::new(group.table(), PowerOfTwo::latency_aware());
/// let mut request = Request::new(());
/// request.extensions_mut().insert(SlotKey::slot(Slot::new(7)));
/// let lease = cluster.pick(&policy, &Route::of(&request))?;
/// assert_eq!(**lease.node(), *two.node());
/// # Ok(())
/// # }
/// ```
pub struct SlotPolicy<P> {
    table: SlotTable,
    inner: P,
}

impl<P> SlotPolicy<P> {
    /// Makes a policy of a table, and of one that chooses where several sites may serve.
    #[must_use]
    pub fn new(table: SlotTable, inner: P) -> Self {
        Self { table, inner }
    }
}

impl<P: Policy> SlotPolicy<P> {
    fn holder<'a>(
        &self,
        slot: Slot,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let entry = self.table.entry(slot);
        let entry = entry.as_ref()?;
        let holds = |node: &Node| {
            let mut holders = entry.holders();
            holders.any(|site| site.member().node().origin() == node.origin())
        };
        self.inner.pick(route, &candidates.retain(&holds)?)
    }
}

impl<P: Policy> Policy for SlotPolicy<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let Some(key) = route.extensions().get::<SlotKey>() else {
            let members = self.table.listed();
            let is_member = |node: &Node| members.has(node.origin());
            return self.inner.pick(route, &candidates.retain(&is_member)?);
        };
        let slot = key.slot_among(self.table.slots()?);
        if key.allows_replica() {
            return self.holder(slot, route, candidates);
        }
        let primary = self.table.primary(slot)?;
        candidates.find(primary.member().node().origin())
    }
}

impl<P: fmt::Debug> fmt::Debug for SlotPolicy<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotPolicy")
            .field("table", &self.table)
            .field("inner", &self.inner)
            .finish()
    }
}
