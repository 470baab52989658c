//! Says which requests may be carried out twice.

use http::{Method, request::Parts};

/// Says whether a request does no harm when it is carried out twice.
///
/// It is asked only when an attempt failed and may have been carried out all the same.
///
/// Functions of `(&Parts, &[u8]) -> bool` implement it.
pub trait Repeat: Clone + Send + Sync + 'static {
    /// Tells whether the request may be sent again although it may have been carried out.
    fn is_repeatable(&self, head: &Parts, body: &[u8]) -> bool;
}

impl<F> Repeat for F
where
    F: Fn(&Parts, &[u8]) -> bool + Clone + Send + Sync + 'static,
{
    fn is_repeatable(&self, head: &Parts, body: &[u8]) -> bool {
        self(head, body)
    }
}

/// Takes the methods that are idempotent by RFC 9110, section 9.2.2, as repeatable, and no others.
#[derive(Debug, Clone, Copy, Default)]
pub struct IdempotentMethods(());

impl Repeat for IdempotentMethods {
    fn is_repeatable(&self, head: &Parts, _: &[u8]) -> bool {
        matches!(
            head.method,
            Method::GET
                | Method::HEAD
                | Method::OPTIONS
                | Method::TRACE
                | Method::PUT
                | Method::DELETE
        )
    }
}
