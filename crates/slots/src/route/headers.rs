//! The headers by which clients and sites tell each other of slots.

use std::str::FromStr;

use http::{HeaderMap, HeaderName};

/// Is the header that names the slot of a request, or of an answer, such as `17`.
pub const X_MUSTER_SLOT: HeaderName = HeaderName::from_static("x-muster-slot");
/// Is the header with the slot's epoch: in a request the client's, in an answer the site's.
pub const X_MUSTER_EPOCH: HeaderName = HeaderName::from_static("x-muster-epoch");
/// Is the header that says which role a request asks for: `primary`, also when absent, or `any`.
pub const X_MUSTER_ROLE: HeaderName = HeaderName::from_static("x-muster-role");
/// Is the header in which a site that is not the owner names the one that is, by its id.
pub const X_MUSTER_PRIMARY: HeaderName = HeaderName::from_static("x-muster-primary");
/// Is the header that says why an answer is withheld: `lost`, the site's grant ended meanwhile.
pub const X_MUSTER_FENCED: HeaderName = HeaderName::from_static("x-muster-fenced");

/// The number in a header: `None` if there is no such header, an error if it is no number, or there are two.
pub(crate) fn number<T: FromStr>(headers: &HeaderMap, name: &HeaderName) -> Option<Result<T, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let text = first.to_str().ok().filter(|_| values.next().is_none());
    // What `parse` takes beside digits is a sign.
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    Some(text.and_then(|text| text.parse().ok()).ok_or(()))
}
