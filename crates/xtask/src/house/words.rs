//! Nothing is left for later in the text.

use crate::files::Source;

/// Marks of unfinished work, anywhere, each joined here so that this file has none.
const MARKS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// Names each mark of unfinished work, each example that is not compiled, each test that is off without a reason.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let of_source = |source: &Source| {
        let lines = source.text.lines().enumerate();
        let found = lines.filter_map(|(at, line)| finding(line).map(|what| (at + 1, what)));
        found
            .map(|(line, what)| format!("{}:{line}: {what}", source.path))
            .collect::<Vec<_>>()
    };
    sources.iter().flat_map(of_source).collect()
}

fn finding(line: &str) -> Option<String> {
    if let Some(mark) = MARKS.into_iter().find(|mark| has_word(line, mark)) {
        return Some(format!("{mark} marks unfinished work"));
    }
    if is_ignored_example(line) {
        return Some("an example that is not compiled will be wrong soon".to_owned());
    }
    if line.trim() == concat!("#[", "ignore]") {
        return Some("a test that is off says why: #[ignore = \"reason\"]".to_owned());
    }
    None
}

/// Finds `mark` where no letter or digit stands before or behind it.
fn has_word(line: &str, mark: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let closed = mark.ends_with('(');
    line.match_indices(mark).any(|(at, _)| {
        let (before, behind) = (&line[..at], &line[at + mark.len()..]);
        ends(before.chars().next_back()) && (closed || ends(behind.chars().next()))
    })
}

/// A code block that opens with `ignore` among its attributes.
fn is_ignored_example(line: &str) -> bool {
    let text = line.trim_start_matches(['/', '!', ' ', '*']);
    let Some(attributes) = text.strip_prefix("```") else {
        return false;
    };
    attributes
        .split([',', ' '])
        .any(|word| word == "ignore" || word.starts_with("ignore-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_unfinished_work_are_found_as_words() {
        for mark in MARKS {
            assert!(
                finding(&format!("    // {mark}: later)")).is_some(),
                "{mark}"
            );
            assert!(finding(&format!("let a = x{mark}y;")).is_none(), "{mark}");
        }
        assert!(finding("the methods to do it with").is_none());
    }

    #[test]
    fn examples_that_are_not_compiled_are_found() {
        let fence = "```";
        for line in [
            format!("//! {fence}ignore"),
            format!("    /// {fence}rust,ignore"),
            format!("{fence}ignore-windows"),
        ] {
            assert!(finding(&line).is_some(), "{line}");
        }
        for line in [
            format!("//! {fence}no_run"),
            format!("{fence}text"),
            "we ignore it".to_owned(),
        ] {
            assert!(finding(&line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_test_that_is_off_needs_a_reason() {
        let attribute = |inner: &str| format!("    #[{inner}]");
        assert!(finding(&attribute("ignore")).is_some());
        assert!(finding(&attribute("ignore = \"needs a real server\"")).is_none());
    }

    #[test]
    fn a_finding_names_the_file_and_the_line() {
        let text = format!("fine\n// {}\n", MARKS[0]);
        let found = check(&[Source {
            path: "a.rs".to_owned(),
            text,
        }]);
        assert!(found[0].starts_with("a.rs:2: "), "{found:?}");
    }
}
