//! What happened in one run.

use super::events::Nanos;

/// One attempt was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) at: Nanos,
    pub(crate) server: u32,
    pub(crate) client: u32,
    pub(crate) key: Option<u32>,
}

/// One call ended, or never did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called {
    pub(crate) begun: Nanos,
    /// How long it took; a call that failed, or never ended, has none.
    pub(crate) took: Option<Nanos>,
    pub(crate) client: u32,
}

/// Everything that a run is judged by.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// In the order of time.
    pub(crate) sent: Vec<Sent>,
    /// In the order in which they began.
    pub(crate) calls: Vec<Called>,
}
