//! The requests that one thread has in flight.

use tower_muster::BoxError;

/// How many requests each thread keeps in flight.
pub(super) const IN_FLIGHT: usize = 8;

/// Requests that end in random order, so that nodes differ in load and in latency as they do in traffic.
pub(super) struct Flights<T> {
    slots: [Option<T>; IN_FLIGHT],
    chance: fastrand::Rng,
}

impl<T> Flights<T> {
    pub(super) fn new() -> Self {
        Self {
            slots: [const { None }; IN_FLIGHT],
            chance: fastrand::Rng::new(),
        }
    }

    /// Ends one of them, if all slots are taken, and says where the next one goes.
    pub(super) fn ended(
        &mut self,
        end: impl FnOnce(T) -> Result<(), BoxError>,
    ) -> Result<&mut Option<T>, BoxError> {
        let slot = &mut self.slots[self.chance.usize(..IN_FLIGHT)];
        if let Some(flight) = slot.take() {
            end(flight)?;
        }
        Ok(slot)
    }

    /// Ends all of them.
    pub(super) fn end(
        &mut self,
        mut end: impl FnMut(T) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.slots
            .iter_mut()
            .filter_map(Option::take)
            .try_for_each(&mut end)
    }
}

#[cfg(test)]
mod tests {
    use super::Flights;

    #[test]
    fn every_request_that_was_begun_ends_once() {
        let (mut flights, mut ended) = (Flights::new(), Vec::new());
        let mut end = |flight| {
            ended.push(flight);
            Ok(())
        };
        for begun in 0..100 {
            *flights.ended(&mut end).expect("a slot") = Some(begun);
        }
        flights.end(&mut end).expect("ends");
        ended.sort_unstable();
        assert_eq!(ended, (0..100).collect::<Vec<_>>());
    }
}
