//! Rust text with what is not code blanked out.
//!
//! A lexer small enough to read: it knows comments, strings and characters, and no more. Positions and line breaks
//! stay, so a finding can name its line.

/// Returns the code alone: comments, strings and characters become spaces.
pub(crate) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skip(bytes, at);
        if end == at {
            at += 1;
            continue;
        }
        blank(&mut out, at, end);
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns the code without the items under `#[cfg(test)]`.
pub(crate) fn code_without_tests(text: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let code = code(text);
    let mut out = code.clone().into_bytes();
    for (at, _) in code.match_indices(MARK) {
        if let Some((_, end)) = block(&code, at + MARK.len()) {
            blank(&mut out, at, end);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns where the next `{ ... }` starts and ends, unless the item ends with a semicolon first.
pub(crate) fn block(code: &str, from: usize) -> Option<(usize, usize)> {
    let (mut start, mut braces, mut others) = (None, 0_usize, 0_usize);
    for (offset, byte) in code.as_bytes().get(from..)?.iter().enumerate() {
        let at = from + offset;
        match (byte, start) {
            (b'(' | b'[', None) => others += 1,
            (b')' | b']', None) => others = others.saturating_sub(1),
            (b';', None) if others == 0 => return None,
            (b'{', None) if others == 0 => {
                start = Some(at);
                braces = 1;
            }
            (b'{', Some(_)) => braces += 1,
            (b'}', Some(first)) => {
                braces -= 1;
                if braces == 0 {
                    return Some((first, at + 1));
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns the line of a position, counted from one.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Tells whether a byte can be part of a name.
pub(crate) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn blank(out: &mut [u8], from: usize, to: usize) {
    for byte in out.iter_mut().take(to).skip(from) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Returns the end of what starts here and is not code, or `at` when code starts here.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let after_name = at > 0 && is_name(bytes[at - 1]);
    match rest {
        [b'/', b'/', ..] => {
            at + rest
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len())
        }
        [b'/', b'*', ..] => at + comment(rest),
        [b'"', ..] => at + string(rest),
        [b'\'', ..] => at + character(rest),
        [b'r', ..] if !after_name => at + raw(&rest[1..], 1),
        [b'b' | b'c', b'r', ..] if !after_name => at + raw(&rest[2..], 2),
        _ => at,
    }
}

fn comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A quote opens a character when another closes it at once or after an escape; else it starts a lifetime.
fn character(rest: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&rest[..rest.len().min(16)]).into_owned();
    let mut inner = text.char_indices().skip(1);
    match (inner.next(), inner.next()) {
        (Some((_, '\\')), Some((escaped, _))) => {
            let close = text.get(escaped + 1..).and_then(|tail| tail.find('\''));
            close.map_or(0, |close| escaped + 1 + close + 1)
        }
        (Some(_), Some((close, '\''))) => close + 1,
        _ => 0,
    }
}

/// The end of a raw string whose prefix of `prefix` bytes was read; 0 when it is a raw name or plain code.
fn raw(rest: &[u8], prefix: usize) -> usize {
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    if rest.get(hashes) != Some(&b'"') {
        return 0;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let body = &rest[hashes + 1..];
    let end = body.windows(close.len()).position(|window| window == close);
    prefix + end.map_or(rest.len(), |end| hashes + 1 + end + close.len())
}

#[cfg(test)]
mod tests;
