//! The processor's time of this process.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// User and system time of all threads since the process began.
pub(super) fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // Both are never less than nothing.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::processor;

    #[test]
    fn work_takes_time_of_the_processor() {
        let begun = processor();
        let mut sum = 0_u64;
        while processor() < begun + Duration::from_millis(1) {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
    }
}
