//! Members as the nodes of a cluster.

use std::{convert::Infallible, time::Duration};

use tokio::sync::watch;
use tower_muster::{Discover, Node, Topology, discover::Pace};

use crate::SlotTable;

/// How long a cluster rests between two lists, which come when there is something new.
const REST: Duration = Duration::from_millis(1);

/// Finds the members of a group: a source of nodes that follows a table.
///
/// The cluster has each list of members as soon as the table has: asked for the nodes it answers when there are
/// others than before, not at once. Where all members have left, the cluster keeps its last nodes, as it does with
/// every source; [`SlotPolicy`](super::SlotPolicy) sends nothing to them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::Cluster;
/// use tower_muster_slots::{Group, ManualGroup, Member, SlotNodes};
///
/// let group = ManualGroup::new(&Group::builder("counters").build()?);
/// group.join(&Member::new("one", "http://10.0.0.1:7000")?);
/// let cluster = Cluster::discover(SlotNodes::new(group.table()));
/// cluster.ready().await?;
///
/// let known = cluster.topology();
/// group.join(&Member::new("two", "http://10.0.0.2:7000")?);
/// assert_eq!(cluster.changed(&known).await.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SlotNodes {
    table: SlotTable,
    /// The list that was told last.
    told: Option<u64>,
    lists: watch::Receiver<u64>,
}

impl SlotNodes {
    /// Makes a source of a table's members.
    #[must_use]
    pub fn new(table: SlotTable) -> Self {
        Self {
            lists: table.members_changes(),
            table,
            told: None,
        }
    }
}

impl Discover for SlotNodes {
    type Error = Infallible;

    async fn nodes(&mut self, _: &Topology) -> Result<Vec<Node>, Infallible> {
        self.table.ready().await;
        loop {
            // Marks the list as seen before it is read: one that comes in between is told the next time.
            self.lists.mark_unchanged();
            let members = self.table.listed();
            if self.told != Some(members.number) {
                self.told = Some(members.number);
                let nodes = members
                    .iter()
                    .map(|listed| listed.site.member().node().clone());
                return Ok(nodes.collect());
            }
            drop(members);
            // The table, which this holds, has the sender.
            let _ = self.lists.changed().await;
        }
    }

    fn pace(&self) -> Pace {
        Pace::new(REST, REST).unwrap_or_default()
    }
}
