//! A service for many calls, without a clone for each.

use std::sync::Mutex;

use tower_service::Service;

use crate::call::Call;

/// A service of which calls hand one clone on to each other.
///
/// A clone of a whole stack counts every part of it up, and down again. A call that finds the clone taken, by
/// another thread, is made on one of its own.
pub(crate) struct HandedOn<S> {
    of: S,
    clone: Mutex<S>,
}

impl<S: Clone> HandedOn<S> {
    pub(crate) fn new(service: S) -> Self {
        Self {
            clone: Mutex::new(service.clone()),
            of: service,
        }
    }

    pub(crate) fn call<R>(&self, request: R) -> Call<S, R>
    where
        S: Service<R>,
    {
        let another = || self.of.clone();
        // One that panicked is not called again.
        match self.clone.try_lock() {
            Ok(mut service) => Call::new(&mut *service, request, another),
            Err(_) => Call::new(&mut another(), request, another),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        future::{Ready, ready},
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        task::{Context, Poll},
    };

    use tower_service::Service;

    use super::HandedOn;

    /// Does what it is told to, and knows how many clones there were.
    struct Counted(Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Relaxed);
            Self(Arc::clone(&self.0))
        }
    }

    impl<F: FnOnce()> Service<F> for Counted {
        type Response = ();
        type Error = Infallible;
        type Future = Ready<Result<(), Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, work: F) -> Self::Future {
            work();
            ready(Ok(()))
        }
    }

    #[test]
    fn calls_one_after_the_other_are_made_on_one_clone() {
        let clones = Arc::new(AtomicUsize::new(0));
        let service = HandedOn::new(Counted(Arc::clone(&clones)));
        for _ in 0..10 {
            drop(service.call(|| {}));
        }
        assert_eq!(clones.load(Relaxed), 1);
    }

    #[test]
    fn a_call_that_finds_the_clone_taken_is_made_on_its_own() {
        let clones = Arc::new(AtomicUsize::new(0));
        let service = HandedOn::new(Counted(Arc::clone(&clones)));
        drop(service.call(|| drop(service.call(|| {}))));
        assert_eq!(clones.load(Relaxed), 2);
    }

    #[test]
    fn a_clone_that_panicked_is_left_alone() {
        let clones = Arc::new(AtomicUsize::new(0));
        let service = HandedOn::new(Counted(Arc::clone(&clones)));
        let call = AssertUnwindSafe(|| drop(service.call(|| panic!("in a call"))));
        assert!(catch_unwind(call).is_err());
        drop(service.call(|| {}));
        assert_eq!(clones.load(Relaxed), 2, "the first one would not be sound");
    }
}
