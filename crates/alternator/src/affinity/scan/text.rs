//! A string between its quotes.

use std::borrow::Cow;

/// What stands between two quotes, not yet decoded.
#[derive(Debug, Clone, Copy)]
pub(in crate::affinity) struct Text<'a> {
    raw: &'a [u8],
    is_escaped: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a [u8], is_escaped: bool) -> Self {
        Self { raw, is_escaped }
    }

    pub(super) fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// Whether that is what it says.
    #[inline]
    pub(in crate::affinity) fn is(self, other: &str) -> bool {
        if self.is_escaped {
            return self.decode().is_some_and(|text| *text == *other.as_bytes());
        }
        self.raw == other.as_bytes()
    }

    /// What it says, in UTF-8 if the body is; `None` if an escape stands for nothing.
    pub(in crate::affinity) fn decode(self) -> Option<Cow<'a, [u8]>> {
        match self.is_escaped {
            false => Some(Cow::Borrowed(self.raw)),
            true => Some(Cow::Owned(unescaped(self.raw)?)),
        }
    }
}

fn unescaped(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(raw.len());
    while let Some(at) = memchr::memchr(b'\\', raw) {
        text.extend_from_slice(&raw[..at]);
        let (escape, rest) = raw[at + 1..].split_first()?;
        raw = rest;
        text.push(match escape {
            b'"' | b'\\' | b'/' => *escape,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let letter = letter(&mut raw)?;
                text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return None,
        });
    }
    text.extend_from_slice(raw);
    Some(text)
}

/// The letter of `\u`, and of the second half that follows where it is one of a pair (RFC 8259, section 7).
fn letter(raw: &mut &[u8]) -> Option<char> {
    let first = digits(raw)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    *raw = raw.strip_prefix(b"\\u")?;
    let second = digits(raw)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}

fn digits(raw: &mut &[u8]) -> Option<u32> {
    let (digits, rest) = raw.split_first_chunk::<4>()?;
    *raw = rest;
    digits.iter().try_fold(0, |number, digit| {
        Some(number << 4 | char::from(*digit).to_digit(16)?)
    })
}
