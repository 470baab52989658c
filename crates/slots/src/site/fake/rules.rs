//! The rules of the scripts, each a function of numbers.

/// The epoch of a slot after a change.
pub(crate) const fn next_epoch(old: u64, now: u64, floor: u64) -> u64 {
    let least = if old > floor { old + 1 } else { floor + 1 };
    if least > now { least } else { now }
}

/// Whether a site that was last heard at `beat` may be replaced.
pub(crate) const fn is_silent(now: u64, beat: u64, timeout: u64) -> bool {
    now >= beat + timeout
}

/// Whether nobody is made primary yet.
pub(crate) const fn holds_back(now: u64, hold: u64) -> bool {
    now < hold
}

/// Whether a call that gives a role away is about an earlier epoch than the slot's.
pub(crate) const fn is_late(epoch: u64, floor: u64) -> bool {
    epoch > floor
}

/// Whether a site that holds a slot no more, or not yet, lacks what its primary may have written.
pub(crate) const fn is_behind(epoch: u64, floor: u64, copied: u64) -> bool {
    !shows_loss(epoch, floor) && epoch > copied
}

/// Whether a site has seen an epoch that the slot never had here: writes were lost, and whoever was primary under it
/// may still act.
pub(crate) const fn shows_loss(epoch: u64, floor: u64) -> bool {
    floor > epoch
}
