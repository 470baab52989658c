//! An attempt that was not sent yet.

use crate::lease::witness;

/// Says of an attempt that it is held back, and that nothing of it was sent.
///
/// For a layer below [`Failover`](super::Failover) that lets a request wait: its future keeps one for as long as the
/// request is with it, and [tells](Self::tell) of it in each poll. Should the call's time be up meanwhile, the call ends
/// as one that is [safe to repeat](super::Error::is_safe_to_repeat); without it nobody could know. An attempt's own time
/// begins when it is held back no more. Below [`Select`](crate::select::Select) the wait is not held against the node
/// either.
///
/// ```
/// use tower_muster::failover::HeldBack;
///
/// struct Waiting {
///     // Request, timer, and
///     held_back: HeldBack,
/// }
/// # let _ = Waiting { held_back: HeldBack::default() };
/// ```
#[derive(Debug, Default)]
#[must_use = "it says so as long as it is kept"]
pub struct HeldBack(());

impl HeldBack {
    /// Tells whoever polls the attempt that it is held back still.
    #[inline]
    pub fn tell(&self) {
        witness::is_held_back();
    }
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        witness::was_held_back();
    }
}
