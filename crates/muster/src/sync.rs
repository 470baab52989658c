//! Atomics: the standard library's, or in tests of all interleavings loom's.

#[cfg(all(test, muster_loom))]
pub(crate) use loom::sync::atomic;
#[cfg(not(all(test, muster_loom)))]
pub(crate) use std::sync::atomic;
