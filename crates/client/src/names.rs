//! Short names of hosts, by which the pool tells their connections apart.
//!
//! hyper-util's pool asks for a request's host three times, by a hash of scheme and authority that takes one byte
//! after the other: for an address with a port that is a tenth of all that a request costs the processor outside of
//! the kernel. Here the first hosts of a client get names of one byte or two, which no host has; the pool sees
//! those, and a [`Connector`](crate::Connector) is told by them where to go.

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http::{
    HeaderValue, Uri,
    uri::{Authority, Parts, Scheme},
};

/// What an authority may consist of, and the name of no host has (RFC 3986, section 3.2.2; RFC 1123, section 2.1).
static LETTERS: [u8; 12] = *b"!$&'()*+,;=~";

/// All names of two letters, one after the other.
static PAIRS: [u8; 2 * LETTERS.len() * LETTERS.len()] = pairs();

/// How many hosts have names; others go by their own.
const MOST: usize = LETTERS.len() + PAIRS.len() / 2;

/// Enough for an empty one to be near.
const SLOTS: usize = 256;

/// The names of one pool's hosts, which they keep for as long as there is the pool.
///
/// It is read without a lock, and without a write to memory that threads share.
pub(crate) struct Names {
    slots: [OnceLock<Box<Host>>; SLOTS],
    given: AtomicUsize,
}

/// A host that has a name.
pub(crate) struct Host {
    is_tls: bool,
    own: Authority,
    name: Authority,
    /// Its root by that name.
    root: Uri,
    /// What requests to it say in their `Host`.
    header: HeaderValue,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            slots: [const { OnceLock::new() }; SLOTS],
            given: AtomicUsize::new(0),
        }
    }
}

impl Names {
    /// Returns the host of a URI, which gets a name now if it has none; `None` if there are none left, or if the
    /// URI is not one that has a host of its own.
    #[inline]
    pub(crate) fn host(&self, uri: &Uri) -> Option<&Host> {
        let (scheme, own) = (uri.scheme()?, uri.authority()?);
        let is_tls = *scheme == Scheme::HTTPS;
        let is_known = |host: &Host| host.is_tls == is_tls && host.own.as_str() == own.as_str();
        let first = hash(own.as_str().as_bytes());
        for nth in 0..SLOTS {
            let slot = &self.slots[(first + nth) % SLOTS];
            let host = match slot.get() {
                Some(host) => host,
                None if is_tls || *scheme == Scheme::HTTP => self.fill(slot, uri)?,
                None => return None,
            };
            if is_known(host) {
                return Some(host);
            }
        }
        None
    }

    /// What the slot has now: the host of this URI, or another that was faster.
    #[cold]
    fn fill<'a>(&self, slot: &'a OnceLock<Box<Host>>, uri: &Uri) -> Option<&'a Host> {
        let given = self.given.fetch_add(1, Relaxed);
        let name = name(given).or_else(|| {
            // It would come round to the first again some day.
            self.given.store(MOST, Relaxed);
            None
        })?;
        let host = Host::new(uri, name)?;
        Some(slot.get_or_init(|| Box::new(host)))
    }

    /// Where a URI leads that the pool made of a name; `None` if it is none.
    pub(crate) fn own(&self, uri: &Uri) -> Option<Uri> {
        let authority = uri.authority()?;
        let mut hosts = self.slots.iter().filter_map(OnceLock::get);
        let host = hosts.find(|host| host.name == *authority)?;
        with_authority(uri, &host.own)
    }
}

impl Host {
    fn new(uri: &Uri, name: Authority) -> Option<Self> {
        let mut root = Parts::from(Uri::default());
        root.scheme = uri.scheme().cloned();
        root.authority = Some(name.clone());
        Some(Self {
            is_tls: uri.scheme() == Some(&Scheme::HTTPS),
            own: uri.authority()?.clone(),
            name,
            root: Uri::from_parts(root).ok()?,
            header: header(uri)?,
        })
    }

    /// What requests to it say in their `Host`.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// The URI by the host's name.
    #[inline]
    pub(crate) fn named(&self, uri: &Uri) -> Option<Uri> {
        match uri.path_and_query() {
            Some(path) if path.as_str() != "/" => with_authority(uri, &self.name),
            _ => Some(self.root.clone()),
        }
    }
}

/// What a request to the URI says in its `Host`: its authority without a user, and without the scheme's own port.
pub(crate) fn header(uri: &Uri) -> Option<HeaderValue> {
    let host = uri.host()?;
    let usual = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    let header = match uri.port() {
        Some(port) if port != usual => HeaderValue::try_from(format!("{host}:{port}")),
        _ => HeaderValue::from_str(host),
    };
    header.ok()
}

/// Whether a host says that it is called what only [`Names`] calls hosts.
pub(crate) fn is_name(authority: &Authority) -> bool {
    let mut bytes = authority.as_str().bytes();
    bytes.all(|byte| LETTERS.contains(&byte))
}

fn with_authority(uri: &Uri, authority: &Authority) -> Option<Uri> {
    let mut parts = Parts::default();
    parts.scheme = uri.scheme().cloned();
    parts.authority = Some(authority.clone());
    parts.path_and_query = uri.path_and_query().cloned();
    Uri::from_parts(parts).ok()
}

/// The name that is given after so many others.
fn name(given: usize) -> Option<Authority> {
    let name = match given.checked_sub(LETTERS.len()) {
        None => LETTERS.get(given..=given)?,
        Some(pair) => PAIRS.get(2 * pair..)?.get(..2)?,
    };
    Authority::from_maybe_shared(Bytes::from_static(name)).ok()
}

const fn pairs() -> [u8; 2 * LETTERS.len() * LETTERS.len()] {
    let mut pairs = [0; 2 * LETTERS.len() * LETTERS.len()];
    let mut nth = 0;
    while nth < LETTERS.len() * LETTERS.len() {
        pairs[2 * nth] = LETTERS[nth / LETTERS.len()];
        pairs[2 * nth + 1] = LETTERS[nth % LETTERS.len()];
        nth += 1;
    }
    pairs
}

/// As good as any for a table of this size: eight bytes at a time, by a multiplication with the golden ratio.
#[inline]
fn hash(bytes: &[u8]) -> usize {
    let mix = |hash: u64, word: u64| {
        (hash ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23)
    };
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let mut hash = bytes.len() as u64;
    match bytes.last_chunk() {
        Some(last) => {
            for chunk in bytes.chunks_exact(8) {
                hash = mix(hash, chunk.first_chunk().map_or(0, word));
            }
            hash = mix(hash, word(last));
        }
        None => {
            for byte in bytes {
                hash = mix(hash, u64::from(*byte));
            }
        }
    }
    (hash >> 40) as usize
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.slots.iter().filter_map(OnceLock::get);
        f.debug_list()
            .entries(hosts.map(|host| &host.root))
            .finish()
    }
}

#[cfg(test)]
mod tests;
