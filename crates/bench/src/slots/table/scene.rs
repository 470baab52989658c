//! A group of many slots and sites, without Redis.

use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use tower_muster::BoxError;
use tower_muster_slots::{Group, ManualGroup, Member, SiteId, Slot, SlotTable};

pub(super) const SLOTS: u16 = 16_384;
pub(super) const SITES: u16 = 1_000;
/// How many sites hold each slot.
const REPLICAS: usize = 3;

/// A group whose every slot is held by three sites.
pub(super) struct Scene {
    group: ManualGroup,
    table: SlotTable,
    sites: Vec<SiteId>,
    /// Slots in an order that no prefetching follows.
    slots: Vec<Slot>,
    objects: Vec<String>,
}

impl Scene {
    pub(super) fn new() -> Result<Self, BoxError> {
        let group = Group::builder("bench")
            .slots(SLOTS.into())
            .replicas(3)
            .build()?;
        let group = ManualGroup::new(&group);
        let mut sites = Vec::new();
        for number in 0..SITES {
            let origin = format!("http://10.0.{}.{}:7000", number / 250, number % 250);
            let member = Member::new(&format!("site-{number}"), &origin)?;
            group.join(&member);
            sites.push(member.id().clone());
        }
        let mut chance = fastrand::Rng::with_seed(1);
        let mut slots: Vec<_> = (0..SLOTS).map(Slot::new).collect();
        chance.shuffle(&mut slots);
        let scene = Self {
            table: group.table(),
            group,
            sites,
            slots,
            objects: (0..SLOTS).map(|number| format!("user:{number}")).collect(),
        };
        scene.hold(usize::from(SLOTS), &mut chance);
        Ok(scene)
    }

    /// Gives slots to three sites by chance each.
    fn hold(&self, count: usize, chance: &mut fastrand::Rng) {
        for slot in self.slots.iter().cycle().take(count) {
            let first = chance.usize(..self.sites.len());
            let holders =
                (first..first + REPLICAS).map(|site| &self.sites[site % self.sites.len()]);
            self.group.hold(*slot, holders);
        }
    }

    /// From slots to addresses.
    pub(super) fn lookups(&self, count: usize) {
        for slot in self.slots.iter().cycle().take(count) {
            if let Some(primary) = self.table.primary(*slot) {
                black_box(primary.member().node().origin());
            }
        }
    }

    /// From objects to addresses.
    pub(super) fn objects(&self, count: usize) {
        for object in self.objects.iter().cycle().take(count) {
            let slot = self.table.slot_of(object.as_bytes());
            if let Some(primary) = slot.and_then(|slot| self.table.primary(slot)) {
                black_box(primary.member().node().origin());
            }
        }
    }

    pub(super) fn notices(&self, count: usize) {
        self.hold(count, &mut fastrand::Rng::with_seed(2));
    }

    pub(super) fn rebuild(&self) {
        self.group.rebuild();
    }

    /// Does something while another thread applies notices.
    pub(super) fn beside_notices<T>(&self, act: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    self.notices(64);
                }
            });
            let result = act();
            done.store(true, Relaxed);
            result
        })
    }
}
