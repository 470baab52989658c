//! Whether a node listens.

use std::fmt;

use serde::Serialize;

/// Whether a node listens, and how it came to stop.
///
/// ```text
///  Joining ───join──► Starting ──► Serving ──kill──► Killed ──restart──► Starting
///                                   │   │
///                  decommission ◄───┘   └───drain──► Draining ──► Drained ──restart──► Starting
///                       │
///                       └──► Leaving ──► Draining ──► Left ──join──► Starting
/// ```
///
/// Starting takes no time unless it is asked to. A node that starts, leaves,
/// drains or has drained can be killed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NodeState {
    /// It is no member yet: nobody lists it, and it refuses connections.
    Joining,
    /// Its peers list it already, and it refuses connections still.
    Starting,
    /// It listens, whatever faults it has.
    Serving,
    /// It serves until its data has gone to others, and will leave.
    Leaving,
    /// It listens no more, and what it accepted runs to its end.
    Draining,
    /// What it accepted has ended, and its peers list it no more.
    Drained,
    /// It is a member no more; its data is with the others.
    Left,
    /// It was ended without warning; its peers list it for a while.
    Killed,
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Joining => "joining",
            Self::Starting => "starting",
            Self::Leaving => "leaving",
            Self::Left => "left",
            Self::Serving => "serving",
            Self::Draining => "draining",
            Self::Drained => "drained",
            Self::Killed => "killed",
        })
    }
}
