//! Whether a node listens.

use std::fmt;

use serde::Serialize;

/// Whether a node listens, and how it came to stop.
///
/// ```text
///            kill            restart
///  Serving ───────► Killed ──────────► Serving
///     │  drain                ▲ restart
///     └───────► Draining ──► Drained
/// ```
///
/// A draining or drained node can be killed and restarted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NodeState {
    /// It listens, whatever faults it has.
    Serving,
    /// It listens no more, and what it accepted runs to its end.
    Draining,
    /// What it accepted has ended, and its peers list it no more.
    Drained,
    /// It was ended without warning; its peers list it for a while.
    Killed,
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Serving => "serving",
            Self::Draining => "draining",
            Self::Drained => "drained",
            Self::Killed => "killed",
        })
    }
}
