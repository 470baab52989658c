//! What there is to see of a group at one moment.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use tower_muster_slots::{Member, SiteId, Slot, SlotTable};

/// A group at one moment.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct View {
    pub(crate) group: String,
    pub(crate) version: u64,
    pub(crate) slots: u16,
    pub(crate) replicas: u16,
    /// Slots that no site is primary of.
    pub(crate) without_primary: usize,
    /// Slots that fewer sites hold than should.
    pub(crate) incomplete: usize,
    pub(crate) sites: Vec<SiteView>,
    /// Who holds each slot.
    pub(crate) holders: Vec<Held>,
}

/// One site of it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct SiteView {
    pub(crate) site: String,
    pub(crate) address: String,
    pub(crate) datacenter: Option<String>,
    pub(crate) rack: Option<String>,
    pub(crate) weight: f64,
    pub(crate) primary: usize,
    pub(crate) secondary: usize,
}

/// Who holds a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Held {
    pub(crate) slot: u16,
    pub(crate) epoch: u64,
    #[serde(serialize_with = "name")]
    pub(crate) primary: Option<SiteId>,
    /// Its holders, in the order in which they are to be primary.
    #[serde(serialize_with = "names")]
    pub(crate) sites: Vec<SiteId>,
}

impl View {
    /// `None` while the group is not known.
    pub(crate) fn of(table: &SlotTable) -> Option<Self> {
        let (group, version) = (table.group()?, table.version());
        let holders: Vec<_> = group
            .slots()
            .slots()
            .map(|slot| held(table, slot))
            .collect();
        let wanted = usize::from(group.replicas());
        let mut sites: BTreeMap<SiteId, SiteView> = table.members().iter().map(site).collect();
        for held in &holders {
            for id in &held.sites {
                let Some(site) = sites.get_mut(id) else {
                    continue;
                };
                match held.primary.as_ref() == Some(id) {
                    true => site.primary += 1,
                    false => site.secondary += 1,
                }
            }
        }
        Some(Self {
            group: group.name().to_owned(),
            version,
            slots: group.slots().get(),
            replicas: group.replicas(),
            without_primary: holders.iter().filter(|held| held.primary.is_none()).count(),
            incomplete: holders
                .iter()
                .filter(|held| held.sites.len() < wanted)
                .count(),
            sites: sites.into_values().collect(),
            holders,
        })
    }
}

fn held(table: &SlotTable, slot: Slot) -> Held {
    let route = table.route(slot);
    let id = |member: &Member| member.id().clone();
    Held {
        slot: slot.number(),
        epoch: route.epoch().number(),
        primary: route.primary().map(id),
        sites: route.holders().map(|(member, _)| id(member)).collect(),
    }
}

fn name<S: Serializer>(id: &Option<SiteId>, serializer: S) -> Result<S::Ok, S::Error> {
    id.as_ref().map(SiteId::as_str).serialize(serializer)
}

fn names<S: Serializer>(ids: &[SiteId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ids.iter().map(SiteId::as_str))
}

fn site(member: &Member) -> (SiteId, SiteView) {
    let node = member.node();
    let view = SiteView {
        site: member.id().to_string(),
        address: node.origin().to_string(),
        datacenter: node.datacenter().map(str::to_owned),
        rack: node.rack().map(str::to_owned),
        weight: node.weight(),
        primary: 0,
        secondary: 0,
    };
    (member.id().clone(), view)
}
