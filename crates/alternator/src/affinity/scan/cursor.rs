//! A place in the body, moved on from one value to the next.

use super::{Text, find};

/// A place in the body. What returns `None` has found no JSON there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Which member of an object, or element of an array, is the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    First,
    Later,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next byte that is no white space; the cursor stays before it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// The same, and the cursor goes behind it.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Goes to the next member's value and returns its name; `None` within behind the last.
    ///
    /// The cursor is before the object when the first is asked for, and then behind the value before.
    pub(super) fn member(&mut self, next: &mut Next) -> Option<Option<Text<'a>>> {
        if !self.enter(next, b'{', b'}')? {
            return Some(None);
        }
        let name = self.text()?;
        (self.take()? == b':').then_some(Some(name))
    }

    /// Goes to an object's first value, if the name is one letter and all is written without white space,
    /// as the types of attributes mostly are.
    #[inline]
    pub(super) fn dense_name(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        let [b'{', b'"', name, b'"', b':', ..] = *rest else {
            return None;
        };
        if matches!(name, b'"' | b'\\') {
            return None;
        }
        self.at += 5;
        Some(name)
    }

    /// Goes to the next element; whether there is one.
    pub(super) fn element(&mut self, next: &mut Next) -> Option<bool> {
        self.enter(next, b'[', b']')
    }

    fn enter(&mut self, next: &mut Next, open: u8, close: u8) -> Option<bool> {
        let before = std::mem::replace(next, Next::Later);
        match (before, self.take()?) {
            (Next::First, byte) if byte == open => {
                if self.peek()? == close {
                    self.at += 1;
                    return Some(false);
                }
                Some(true)
            }
            (Next::Later, b',') => Some(true),
            (Next::Later, byte) if byte == close => Some(false),
            _ => None,
        }
    }

    /// A string.
    #[inline]
    pub(super) fn text(&mut self) -> Option<Text<'a>> {
        if self.take()? != b'"' {
            return None;
        }
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let first = find::quote_or_escape(rest)?;
        let is_escaped = rest[first] == b'\\';
        if is_escaped {
            self.pass_text(start)?;
        } else {
            self.at = start + first + 1;
        }
        Some(Text::new(&self.bytes[start..self.at - 1], is_escaped))
    }

    /// Goes behind a value.
    pub(super) fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.pass_text(self.at + 1),
            b'{' | b'[' => {
                self.at += 1;
                self.leave()
            }
            b',' | b':' | b'}' | b']' => None,
            _ => {
                let rest = &self.bytes[self.at..];
                let ends =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
                // What is not nested in anything ends with the body.
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
                Some(())
            }
        }
    }

    /// The value that the cursor is before, and goes behind.
    pub(super) fn span(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        self.skip()?;
        Some(&self.bytes[start..self.at])
    }

    /// Goes behind the object or array that the cursor is in.
    pub(super) fn leave(&mut self) -> Option<()> {
        let mut depth = 1_usize;
        let mut at = self.at;
        while depth > 0 {
            let byte = *self.bytes.get(at)?;
            at += 1;
            match byte {
                b'"' => at = end_of_text(self.bytes, at)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
        self.at = at;
        Some(())
    }

    fn pass_text(&mut self, start: usize) -> Option<()> {
        self.at = end_of_text(self.bytes, start)?;
        Some(())
    }
}

/// The place behind the quote that ends the string which begins at `start`, behind another quote.
#[inline]
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let at = start + find::quote(bytes.get(start..)?)?;
    match bytes[at - 1] {
        b'\\' => end_of_escaped(bytes, start, at),
        _ => Some(at + 1),
    }
}

/// The same, of a string in which the quote `at` stands behind a backslash.
#[cold]
fn end_of_escaped(bytes: &[u8], start: usize, mut at: usize) -> Option<usize> {
    loop {
        // The quote is part of the string if the backslash before it is not itself escaped.
        let before = bytes[start..at].iter().rev();
        let escapes = before.take_while(|byte| **byte == b'\\').count();
        at += 1;
        if escapes % 2 == 0 {
            return Some(at);
        }
        at += find::quote(&bytes[at..])?;
    }
}
