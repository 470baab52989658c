//! Undoing a request's Content-Encoding; `alternator/server.cc`, `ungzip` and its kin.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

/// Why a body could not be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undecoded {
    /// It is longer than the limit once it is decompressed.
    TooLarge,
    /// It is no such thing, or not all of it; the server's own words.
    Bad(&'static str),
}

/// Output grows by this much at a time.
const STEP: usize = 16 * 1024;

/// Decodes a body by the value of its Content-Encoding header.
///
/// The name is compared as it stands: `GZIP` and `identity` are unsupported.
/// Members and streams may follow each other; anything else after the end may
/// not.
pub(crate) fn decode(encoding: &[u8], body: Bytes, limit: usize) -> Result<Bytes, Undecoded> {
    match encoding {
        b"" => Ok(body),
        b"gzip" => gunzip(&body, limit).map(Bytes::from),
        b"deflate" => inflate(&body, limit).map(Bytes::from),
        _ => Err(Undecoded::Bad("Unsupported Content-Encoding")),
    }
}

fn gunzip(mut input: &[u8], limit: usize) -> Result<Vec<u8>, Undecoded> {
    let mut output = Vec::new();
    loop {
        let room = (limit - output.len()) as u64;
        let member = GzDecoder::new(&mut input);
        let read = member.take(room + 1).read_to_end(&mut output);
        if output.len() > limit {
            return Err(Undecoded::TooLarge);
        }
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Undecoded::Bad("Truncated gzip in request body"),
            _ => Undecoded::Bad("Error during gzip decompression of request body"),
        })?;
        if input.is_empty() {
            return Ok(output);
        }
    }
}

/// By hand: the reader of the crate takes a truncated stream for a whole one.
fn inflate(mut input: &[u8], limit: usize) -> Result<Vec<u8>, Undecoded> {
    const BAD: Undecoded = Undecoded::Bad("Error during deflate decompression of request body");
    const TRUNCATED: Undecoded = Undecoded::Bad("Truncated deflate in request body");
    let mut output = Vec::new();
    let mut stream = Decompress::new(true);
    loop {
        output.reserve(STEP);
        let (taken, given) = (stream.total_in(), output.len());
        let status = stream.decompress_vec(input, &mut output, FlushDecompress::None);
        let taken = usize::try_from(stream.total_in() - taken).unwrap_or(input.len());
        input = input.get(taken..).unwrap_or_default();
        if output.len() > limit {
            return Err(Undecoded::TooLarge);
        }
        match status {
            Ok(Status::StreamEnd) if input.is_empty() => return Ok(output),
            Ok(Status::StreamEnd) => stream.reset(true),
            Ok(_) if taken == 0 && output.len() == given => return Err(TRUNCATED),
            Ok(_) => {}
            Err(_) => return Err(BAD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Coding;

    const LIMIT: usize = 1 << 20;

    fn both() -> [(&'static [u8], Coding); 2] {
        [(b"gzip", Coding::Gzip), (b"deflate", Coding::Deflate)]
    }

    fn decoded(name: &[u8], body: &[u8]) -> Result<Bytes, Undecoded> {
        decode(name, Bytes::copy_from_slice(body), LIMIT)
    }

    #[test]
    fn members_that_follow_each_other_are_one_body() {
        for (name, coding) in both() {
            let (first, second) = (coding.encode(b"{\"a\"", 6), coding.encode(b":1}", 1));
            let (first, second) = (first.unwrap(), second.unwrap());
            assert_eq!(decoded(name, &first).unwrap(), "{\"a\"");
            let both = [first, second].concat();
            assert_eq!(decoded(name, &both).unwrap(), "{\"a\":1}");
        }
    }

    #[test]
    fn what_is_cut_short_empty_or_followed_by_junk_is_refused() {
        for (name, coding) in both() {
            let whole = coding.encode(b"{\"some\":\"text\"}", 6).unwrap();
            for length in 0..whole.len() {
                let outcome = decoded(name, &whole[..length]);
                assert!(
                    matches!(outcome, Err(Undecoded::Bad(_))),
                    "{length}: {outcome:?}"
                );
            }
            for junk in [&b"junk"[..], b"\0", b"\x1f"] {
                let outcome = decoded(name, &[&whole[..], junk].concat());
                assert!(
                    matches!(outcome, Err(Undecoded::Bad(_))),
                    "{junk:?}: {outcome:?}"
                );
            }
        }
    }

    #[test]
    fn the_limit_is_for_what_comes_out() {
        for (name, coding) in both() {
            let most = coding.encode(&vec![b' '; LIMIT], 6).unwrap();
            assert_eq!(decoded(name, &most).unwrap().len(), LIMIT);
            let more = coding.encode(&vec![b' '; LIMIT + 1], 6).unwrap();
            assert_eq!(decoded(name, &more), Err(Undecoded::TooLarge));
            let halves = coding.encode(&vec![b' '; LIMIT / 2 + 1], 6).unwrap();
            let outcome = decoded(name, &[&halves[..], &halves[..]].concat());
            assert_eq!(outcome, Err(Undecoded::TooLarge), "all members count");
        }
    }

    #[test]
    fn names_are_compared_as_they_stand() {
        for name in ["GZIP", "identity", "br", "zstd", "gzip, deflate", "x-gzip"] {
            let unsupported = Undecoded::Bad("Unsupported Content-Encoding");
            assert_eq!(decoded(name.as_bytes(), b"{}"), Err(unsupported), "{name}");
        }
        assert_eq!(decoded(b"", b"{}").unwrap(), "{}");
    }
}
