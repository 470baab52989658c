//! Headers in one piece of memory, for the rare case that they are needed once more.

use http::{HeaderMap, HeaderName, HeaderValue};

/// A copy of a request's headers that costs one allocation.
///
/// A clone of the map costs two, and one more for each name and value that is the first to be shared: more
/// than all else that this crate adds to a signature.
pub(crate) struct KeptHeaders(Vec<u8>);

/// Bytes before each header: the lengths of name and value, and whether the value is a secret.
const PREFIX: usize = 4 + 4 + 1;

impl KeptHeaders {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let size = |(name, value): (&HeaderName, &HeaderValue)| {
            PREFIX + name.as_str().len() + value.as_bytes().len()
        };
        let mut kept = Vec::with_capacity(headers.iter().map(size).sum());
        for (name, value) in headers {
            let (name, bytes) = (name.as_str().as_bytes(), value.as_bytes());
            // No header is near 4 GiB long; one that were would be read back as another.
            let mut prefix = [0; PREFIX];
            prefix[..4].copy_from_slice(&(name.len() as u32).to_le_bytes());
            prefix[4..8].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
            prefix[8] = value.is_sensitive().into();
            kept.extend_from_slice(&prefix);
            kept.extend_from_slice(name);
            kept.extend_from_slice(bytes);
        }
        Self(kept)
    }

    /// Returns the map again; `None` if it cannot be read, which nothing should bring about.
    pub(crate) fn restore(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        let mut rest = &self.0[..];
        while !rest.is_empty() {
            let name_length = length(&mut rest)?;
            let value_length = length(&mut rest)?;
            let is_sensitive = taken(&mut rest, 1)? == [1];
            let name = HeaderName::from_bytes(taken(&mut rest, name_length)?).ok()?;
            let mut value = HeaderValue::from_bytes(taken(&mut rest, value_length)?).ok()?;
            value.set_sensitive(is_sensitive);
            headers.try_append(name, value).ok()?;
        }
        Some(headers)
    }
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    let bytes: [u8; 4] = taken(rest, 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

fn taken<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_were() {
        let mut headers = HeaderMap::new();
        assert_eq!(KeptHeaders::of(&headers).restore(), Some(headers.clone()));
        for (name, value) in [
            ("host", &b"node:8000"[..]),
            ("x-amz-meta", b"one"),
            ("x-amz-meta", b" two "),
            ("x-empty", b""),
            ("user-agent", b"caf\xe9"),
        ] {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        let mut secret = HeaderValue::from_static("secret");
        secret.set_sensitive(true);
        headers.insert("cookie", secret);

        let again = KeptHeaders::of(&headers).restore().unwrap();
        assert_eq!(again, headers);
        assert!(again["cookie"].is_sensitive() && !again["host"].is_sensitive());
    }

    #[test]
    fn a_copy_that_was_cut_is_no_map() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("node"));
        let whole = KeptHeaders::of(&headers).0;
        for cut in 1..whole.len() {
            assert_eq!(KeptHeaders(whole[..cut].to_vec()).restore(), None, "{cut}");
        }
    }
}
