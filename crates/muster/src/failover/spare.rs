//! The service that later attempts are made with.

use std::sync::{Arc, Mutex, PoisonError};

/// A clone of the service below, of which all calls share one.
///
/// Nearly every call is answered by its first attempt, which is made with the very service that was polled ready:
/// a clone of its own would be made and dropped for nothing.
#[derive(Debug)]
pub(super) struct Spare<S>(Arc<Mutex<S>>);

impl<S: Clone> Spare<S> {
    pub(super) fn of(service: &S) -> Self {
        Self(Arc::new(Mutex::new(service.clone())))
    }

    /// A service that is not ready yet.
    pub(super) fn service(&self) -> Box<S> {
        let service = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(service.clone())
    }
}

impl<S> Clone for Spare<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
