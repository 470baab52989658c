//! A group that is agreed on by hand.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::SlotTable;
use crate::{
    Epoch, FenceLayer, Group, Member, Role, SiteId, Slot,
    record::{Event, MemberRecord, Notice, SlotRecord, Snapshot},
    standing::{At, Standing},
};

/// A century.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);
/// The only life of such a group.
const LIFE: &str = "by hand";

/// Agrees by hand on what sites otherwise agree on through Redis.
///
/// For tests of what stands on a [`SlotTable`], and for groups that something else looks after. Each change is a
/// notice to the table, as it would come from Redis.
///
/// # Clone
///
/// Clones are one group.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster_slots::{Group, ManualGroup, Member, Slot};
///
/// let group = ManualGroup::new(&Group::builder("counters").build()?);
/// let (one, two) = (Member::new("one", "http://10.0.0.1")?, Member::new("two", "http://10.0.0.2")?);
/// group.join(&one);
/// group.join(&two);
/// let slot = Slot::new(0);
/// let before = group.hold(slot, [one.id(), two.id()]);
/// let after = group.hold(slot, [two.id(), one.id()]);
/// assert!(after > before, "another primary is another epoch");
/// assert_eq!(group.table().route(slot).primary(), Some(&two));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ManualGroup(Arc<Inner>);

struct Inner {
    group: Group,
    table: SlotTable,
    state: Mutex<State>,
}

/// One change comes after the other.
#[derive(Default)]
struct State {
    /// The number of the last notice.
    version: u64,
    /// What the sites may do that have a fence.
    standings: BTreeMap<SiteId, Standing>,
}

impl ManualGroup {
    /// Makes a group without sites.
    #[must_use]
    pub fn new(group: &Group) -> Self {
        let this = Self(Arc::new(Inner {
            group: group.clone(),
            table: SlotTable::empty(),
            state: Mutex::default(),
        }));
        this.0
            .table
            .replace(&this.snapshot(0, Vec::new(), Vec::new()));
        this
    }

    /// Returns the group's table.
    #[must_use]
    pub fn table(&self) -> SlotTable {
        self.0.table.clone()
    }

    /// Takes a site in, or takes note of its new address.
    pub fn join(&self, member: &Member) {
        let record = MemberRecord {
            member: member.clone(),
            leaving: false,
        };
        let mut state = self.state();
        self.tell(
            &mut state,
            Event::Joined,
            Some(member.id()),
            Some(record),
            Vec::new(),
        );
    }

    /// Lets a site go: every slot that it is the primary of goes to the next holder, under a higher epoch.
    pub fn leave(&self, site: &SiteId) {
        let mut state = self.state();
        let held = self.0.group.slots().slots().filter_map(|slot| {
            let (holders, _) = self.holders(slot);
            let was_one = holders.contains(site);
            let left: Vec<_> = holders.into_iter().filter(|id| id != site).collect();
            was_one.then(|| self.record(slot, left))
        });
        let slots = held.collect();
        self.tell(&mut state, Event::Evicted, Some(site), None, slots);
    }

    /// Says which sites hold a slot, the primary first, and returns its epoch: a higher one if the primary is
    /// another. A site that is no member is left out by the table.
    pub fn hold<'a>(&self, slot: Slot, sites: impl IntoIterator<Item = &'a SiteId>) -> Epoch {
        let mut state = self.state();
        let record = self.record(slot, sites.into_iter().cloned().collect());
        let epoch = record.epoch;
        self.tell(&mut state, Event::Added, None, None, vec![record]);
        epoch
    }

    /// Returns a fence of a site, which may do at once what the group says, and until the group says otherwise.
    pub fn fence(&self, site: &SiteId) -> FenceLayer {
        let slots = self.0.group.slots();
        let mut state = self.state();
        let standing = state.standings.entry(site.clone()).or_insert_with(|| {
            let standing = Standing::new(slots);
            for slot in slots.slots() {
                stand(&standing, site, &self.known(slot));
            }
            // No lease ends by hand.
            standing.renew(At::now(), FOR_EVER);
            standing
        });
        FenceLayer::new(standing.clone(), self.table())
    }

    /// Writes the whole table anew, of what it holds, as it is done when a notice was lost.
    pub fn rebuild(&self) {
        let state = self.state();
        let members = self.0.table.listed();
        let members = members.iter().map(|listed| MemberRecord {
            member: listed.site.member().clone(),
            leaving: listed.leaving,
        });
        let slots = self.0.group.slots().slots().map(|slot| self.known(slot));
        let snapshot = self.snapshot(state.version, members.collect(), slots.collect());
        self.0.table.replace(&snapshot);
    }

    fn record(&self, slot: Slot, holders: Vec<SiteId>) -> SlotRecord {
        let (_, before) = self.holders(slot);
        let epoch = self.0.table.epoch(slot).number();
        let is_same = before.as_ref() == holders.first();
        SlotRecord {
            slot,
            epoch: Epoch::new(if is_same { epoch } else { epoch + 1 }),
            primary: holders.first().cloned(),
            holders,
        }
    }

    fn known(&self, slot: Slot) -> SlotRecord {
        let (holders, primary) = self.holders(slot);
        SlotRecord {
            slot,
            epoch: self.0.table.epoch(slot),
            primary,
            holders,
        }
    }

    fn holders(&self, slot: Slot) -> (Vec<SiteId>, Option<SiteId>) {
        let route = self.0.table.route(slot);
        let holders = route.holders().map(|(member, _)| member.id().clone());
        let primary = route.primary().map(|member| member.id().clone());
        (holders.collect(), primary)
    }

    fn tell(
        &self,
        state: &mut State,
        event: Event,
        site: Option<&SiteId>,
        member: Option<MemberRecord>,
        slots: Vec<SlotRecord>,
    ) {
        state.version += 1;
        let notice = Notice {
            life: LIFE.into(),
            version: state.version,
            event,
            site: site.cloned(),
            member,
            slots,
        };
        self.0.table.apply(&notice);
        for (id, standing) in &state.standings {
            for record in &notice.slots {
                stand(standing, id, record);
            }
        }
    }

    fn snapshot(
        &self,
        version: u64,
        members: Vec<MemberRecord>,
        slots: Vec<SlotRecord>,
    ) -> Snapshot {
        Snapshot {
            life: LIFE.into(),
            version,
            group: self.0.group.clone(),
            members,
            slots,
        }
    }

    /// What it guards is never half written.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what a site is to a slot.
fn stand(standing: &Standing, site: &SiteId, record: &SlotRecord) {
    let role = match record.primary.as_ref() == Some(site) {
        true => Some(Role::Primary),
        false => record.holders.contains(site).then_some(Role::Secondary),
    };
    standing.set(record.slot, role, record.epoch);
}

impl fmt::Debug for ManualGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualGroup").field(&self.0.table).finish()
    }
}
