//! Whether an UpdateExpression reads what it changes.
//!
//! Read from the tokens: the engine says what is wrong with an expression, this only
//! how the server would run one that is right.

/// True for ADD, DELETE, a nested target, and a SET whose right side names an attribute.
///
/// scylladb `alternator/executor.cc`, `update_item_operation::needs_read_before_write`.
pub(super) fn reads(expression: &str) -> bool {
    let mut clause = Clause::Other;
    let mut right_side = false;
    // Within if_not_exists(a, :v) a comma does not end an assignment.
    let mut depth = 0usize;
    for token in Tokens(expression) {
        match token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => right_side = false,
            "=" => right_side = true,
            "." | "[" if !right_side => return true,
            value if value.starts_with(':') => {}
            word if is_word(word) => match Clause::named(word) {
                Some(Clause::Changes) => return true,
                Some(next) => (clause, right_side) = (next, false),
                None if right_side && clause == Clause::Set => return true,
                None => {}
            },
            _ => {}
        }
    }
    false
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Set,
    /// ADD and DELETE: a value comes out of the one that is there.
    Changes,
    Other,
}

impl Clause {
    fn named(word: &str) -> Option<Self> {
        let is = |keyword| word.eq_ignore_ascii_case(keyword);
        match () {
            () if is("SET") => Some(Self::Set),
            () if is("ADD") || is("DELETE") => Some(Self::Changes),
            () if is("REMOVE") => Some(Self::Other),
            () => None,
        }
    }
}

/// Words with their `:` or `#`, and everything else character by character.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let first = text.chars().next()?;
        let begins =
            |character: char| character.is_alphanumeric() || matches!(character, '_' | ':' | '#');
        let length = if begins(first) {
            let rest = &text[first.len_utf8()..];
            let end =
                rest.find(|character: char| !(character.is_alphanumeric() || character == '_'));
            first.len_utf8() + end.unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, rest) = text.split_at(length);
        self.0 = rest;
        Some(token)
    }
}

/// An attribute's name, a placeholder for one, a function or a keyword.
fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_reads_as_the_server_says() {
        let table = [
            ("SET a = :v", false),
            ("set a = :v, #b = :w", false),
            ("REMOVE a, b", false),
            ("SET a = :v REMOVE b", false),
            ("SET a = b", true),
            ("SET a = #b", true),
            ("SET a = a + :one", true),
            ("SET a = :one + :two", false),
            ("SET a = if_not_exists(a, :v)", true),
            ("SET a = list_append(:v, :w)", true),
            ("SET a.b = :v", true),
            ("SET a[0] = :v", true),
            ("REMOVE a.b", true),
            ("REMOVE a[1]", true),
            ("ADD a :v", true),
            ("DELETE a :v", true),
            ("SET b = :v add a :v", true),
            ("SET settings = :v", false),
            ("SET #set = :add", false),
            ("", false),
        ];
        for (expression, expected) in table {
            assert_eq!(reads(expression), expected, "{expression:?}");
        }
    }
}
