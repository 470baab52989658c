//! Under which keys a group is.

/// The keys of a group, all with one hash tag, so that they are on one node of a Redis Cluster.
#[derive(Debug)]
pub(super) struct Keys {
    /// What the group is called.
    pub(super) name: String,
    pub(super) group: String,
    pub(super) sites: String,
    pub(super) beats: String,
    pub(super) slots: String,
    /// A channel, which scripts call so themselves.
    pub(super) notices: String,
}

impl Keys {
    pub(super) fn of(group: &str) -> Self {
        let key = |what: &str| format!("muster:{{{group}}}:{what}");
        Self {
            name: group.to_owned(),
            group: key("group"),
            sites: key("sites"),
            beats: key("beats"),
            slots: key("slots"),
            notices: key("notices"),
        }
    }

    /// In the order in which scripts take them.
    pub(super) fn all(&self) -> [&str; 4] {
        [&self.group, &self.sites, &self.beats, &self.slots]
    }
}
