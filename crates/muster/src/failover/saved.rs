//! A request's head, kept so that it can be sent again.

use std::cell::Cell;

use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, request::Parts,
};

/// How many buffers a thread keeps for its next calls, and how large they may be: the heads of as many
/// calls as one thread has under way at once, within a megabyte.
const MOST_SPARE: usize = 64;
const LARGEST_SPARE: usize = 16 * 1024;

/// The bytes of a part's length.
const LENGTH: usize = size_of::<u32>();

thread_local! {
    static SPARE: Cell<Vec<Vec<u8>>> = const { Cell::new(Vec::new()) };
}

/// A head as flat bytes in a buffer that calls hand on to each other.
///
/// Nearly every call is answered by its first attempt, and a clone of its `HeaderMap` would be thrown
/// away unused, after two allocations for the map and often one for each value. Copying the text takes
/// none, and only a second attempt parses it again.
#[derive(Debug)]
pub(super) struct Saved {
    method: Method,
    version: Version,
    extensions: Extensions,
    /// The URI, then each header's name and value, all with their lengths.
    text: Vec<u8>,
}

impl Saved {
    pub(super) fn of(head: &Parts) -> Self {
        let spare = SPARE.try_with(|spare| {
            let mut buffers = spare.take();
            let buffer = buffers.pop();
            spare.set(buffers);
            buffer
        });
        let mut text = spare.ok().flatten().unwrap_or_default();
        write_uri(&mut text, &head.uri);
        for (name, value) in &head.headers {
            write(&mut text, name.as_str().as_bytes());
            text.push(u8::from(value.is_sensitive()));
            write(&mut text, value.as_bytes());
        }
        let (method, extensions) = (head.method.clone(), head.extensions.clone());
        Self {
            method,
            version: head.version,
            extensions,
            text,
        }
    }

    /// The head as it was; `None` only if what was a head is none any more.
    pub(super) fn head(&self) -> Option<Parts> {
        let mut text = &*self.text;
        let (mut head, ()) = Request::new(()).into_parts();
        head.method = self.method.clone();
        head.version = self.version;
        head.extensions = self.extensions.clone();
        head.uri = Uri::try_from(read(&mut text)?).ok()?;
        head.headers = HeaderMap::new();
        while !text.is_empty() {
            let name = HeaderName::from_bytes(read(&mut text)?).ok()?;
            let (sensitive, rest) = text.split_first()?;
            text = rest;
            let mut value = HeaderValue::from_bytes(read(&mut text)?).ok()?;
            value.set_sensitive(*sensitive == 1);
            head.headers.append(name, value);
        }
        Some(head)
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        if text.capacity() == 0 || text.capacity() > LARGEST_SPARE {
            return;
        }
        // It held signatures and tokens.
        text.clear();
        // While the thread ends nobody needs it any more.
        let _ = SPARE.try_with(|spare| {
            let mut buffers = spare.take();
            if buffers.len() < MOST_SPARE {
                buffers.push(text);
            }
            spare.set(buffers);
        });
    }
}

fn write_uri(text: &mut Vec<u8>, uri: &Uri) {
    let start = text.len();
    text.extend_from_slice(&[0; LENGTH]);
    // As its `Display` writes it, which takes longer.
    if let Some(scheme) = uri.scheme_str() {
        text.extend_from_slice(scheme.as_bytes());
        text.extend_from_slice(b"://");
    }
    if let Some(authority) = uri.authority() {
        text.extend_from_slice(authority.as_str().as_bytes());
    }
    text.extend_from_slice(uri.path().as_bytes());
    if let Some(query) = uri.query() {
        text.push(b'?');
        text.extend_from_slice(query.as_bytes());
    }
    let length = (text.len() - start - LENGTH) as u32;
    text[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
}

fn write(text: &mut Vec<u8>, part: &[u8]) {
    text.extend_from_slice(&(part.len() as u32).to_le_bytes());
    text.extend_from_slice(part);
}

/// Takes the part off that is next.
fn read<'a>(text: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = text.split_first_chunk::<LENGTH>()?;
    let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *text = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method, Request, Version, request::Parts};
    use proptest::prelude::*;

    use super::{LARGEST_SPARE, SPARE, Saved};

    fn head(request: Request<()>) -> Parts {
        request.into_parts().0
    }

    fn assert_same(saved: &Saved, head: &Parts) {
        let again = saved.head().expect("a head");
        assert_eq!(again.method, head.method);
        assert_eq!(again.uri, head.uri);
        assert_eq!(again.version, head.version);
        assert_eq!(again.headers, head.headers);
    }

    #[test]
    fn every_form_of_uri_comes_back_as_it_was() {
        for uri in [
            "/",
            "*",
            "/a/b?c=%20d",
            "http://h",
            "https://u@h:8000/?a",
            "http://[::1]:80/x",
        ] {
            let head = head(Request::get(uri).body(()).expect(uri));
            assert_same(&Saved::of(&head), &head);
        }
    }

    #[test]
    fn method_version_extensions_and_sensitivity_come_back() {
        let mut secret = HeaderValue::from_static("secret");
        secret.set_sensitive(true);
        let request = Request::builder()
            .method("BREW")
            .version(Version::HTTP_10)
            .extension(7_u8);
        let request = request
            .header("authorization", secret)
            .header("x-empty", "")
            .body(());
        let head = head(request.expect("a request"));
        let saved = Saved::of(&head);
        assert_same(&saved, &head);
        let again = saved.head().expect("a head");
        assert!(again.headers["authorization"].is_sensitive());
        assert!(!again.headers["x-empty"].is_sensitive());
        assert_eq!(again.extensions.get::<u8>(), Some(&7));
        assert_eq!(again.method, Method::from_bytes(b"BREW").expect("a method"));
    }

    #[test]
    fn a_buffer_serves_the_next_call_unless_it_grew_large() {
        let spare = || {
            let buffers = SPARE.take();
            let count = buffers.len();
            SPARE.set(buffers);
            count
        };
        let small = head(Request::get("/").body(()).expect("a request"));
        let large = "x".repeat(LARGEST_SPARE + 1);
        let large = head(
            Request::get("/")
                .header("x-large", large)
                .body(())
                .expect("a request"),
        );
        drop((Saved::of(&small), Saved::of(&small)));
        assert_eq!(spare(), 2);
        drop((Saved::of(&small), Saved::of(&large)));
        assert_eq!(spare(), 1, "the one that grew is gone");
    }

    proptest! {
        #[test]
        fn headers_come_back_in_order_with_their_repetitions(
            headers in prop::collection::vec(("[a-z][a-z0-9-]{0,12}", "[ -~\u{80}-\u{ff}]{0,40}"), 0..40),
        ) {
            let mut request = Request::get("/");
            for (name, value) in &headers {
                let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
                request = request.header(name, value);
            }
            let head = head(request.body(()).expect("a request"));
            assert_same(&Saved::of(&head), &head);
        }
    }
}
