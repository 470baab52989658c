//! The path and query to sign.

use std::borrow::Cow;

use http::Uri;

use crate::error::{Error, ErrorKind};

/// The longest path and query that `http::Uri` holds.
pub(crate) const MAX_TARGET: usize = (u16::MAX - 1) as usize;

/// Returns path and query as text, in the form that `aws-sigv4` takes for a URI.
///
/// The authority is left out: the signed host is handed over as a header.
///
/// # Errors
///
/// `aws-sigv4` encodes the query anew, each byte as up to three, and panics if the result is no URI any more:
/// what could grow so far is refused.
pub(crate) fn of(uri: &Uri) -> Result<Cow<'_, str>, Error> {
    let text = uri.path_and_query().map_or("/", |target| target.as_str());
    let query = uri.query().map_or(0, str::len);
    // A name without a value gains a `=`, and the query its `?`.
    let length = if query == 0 {
        0
    } else {
        uri.path().len() + 3 * query + 2
    };
    if length > MAX_TARGET {
        return Err(Error::new(ErrorKind::QueryTooLong { length: query }));
    }
    Ok(if text.starts_with('/') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("/{text}"))
    })
}
