//! What is measured.

use serde::Serialize;
use tower_muster::BoxError;

/// Which part of a request is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Part {
    /// The snapshot and the candidates alone; no choice, no lease.
    #[serde(rename = "look")]
    Look,
    /// The choice alone.
    #[serde(rename = "pick")]
    Pick,
    /// All that a request costs: the look, the pick, the begin and the end.
    #[serde(rename = "pick + begin + end")]
    Whole,
}

/// One way to choose a node.
pub(super) trait Subject: Sync {
    fn name(&self) -> &'static str;

    fn part(&self) -> Part;

    /// Makes what one of `threads` threads does.
    fn driver(&self, threads: usize) -> Driver<'_>;
}

/// Does a number of operations.
pub(super) type Driver<'a> = Box<dyn FnMut(usize) -> Result<(), BoxError> + 'a>;

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Pick => "pick",
            Self::Whole => "pick + begin + end",
        }
    }
}
