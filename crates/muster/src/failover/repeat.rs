//! Says which requests may be carried out twice.

use http::{Method, request::Parts};

/// Says whether a request does no harm when it is carried out twice.
///
/// Functions of `(&Parts, &[u8]) -> bool` implement it.
pub trait Repeat: Clone + Send + Sync + 'static {
    /// Tells whether the request may be sent again although it may have been carried out.
    ///
    /// It is asked only when an attempt failed and may have been carried out all the same.
    fn is_repeatable(&self, head: &Parts, body: &[u8]) -> bool;

    /// Tells whether the request changes nothing, so that two nodes may be [asked at once](super::Hedge).
    ///
    /// By default the methods that are safe by RFC 9110, section 9.2.1.
    fn is_read(&self, head: &Parts, body: &[u8]) -> bool {
        let _ = body;
        matches!(
            head.method,
            Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
        )
    }

    /// Tells whether the layers above send the request once more, after a call that failed.
    ///
    /// Such a call is itself an extra attempt: it earns the [budget](super::Budget) nothing and counts as
    /// spent, so that retries above and below do not multiply. By default none is known as one.
    fn is_repetition(&self, head: &Parts) -> bool {
        let _ = head;
        false
    }
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
