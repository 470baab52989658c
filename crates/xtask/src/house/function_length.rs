//! A function fits on a screen.

use crate::files::Source;
use crate::house::source::{block, code_without_tests, is_name, line_of};

/// The most lines that a function may have, from `fn` to its last brace: what a screen shows at once.
const MOST_LINES: usize = 60;

/// Names each function that is longer than [`MOST_LINES`].
pub(crate) fn check(library: &[&Source]) -> Vec<String> {
    let too_long = |source: &&Source| {
        let long = functions(&source.text)
            .into_iter()
            .filter(|function| function.lines > MOST_LINES);
        let shown = |f: Function| {
            format!(
                "{}:{}: fn {} has {} lines, more than {MOST_LINES}",
                source.path, f.line, f.name, f.lines
            )
        };
        long.map(shown).collect::<Vec<_>>()
    };
    library.iter().flat_map(too_long).collect()
}

/// A function that has a body.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Finds the functions of a file, inner ones too, and leaves out those of its tests.
fn functions(text: &str) -> Vec<Function> {
    let code = code_without_tests(text);
    let starts = code.match_indices("fn ").map(|(at, _)| at);
    let whole_word = |at: &usize| *at == 0 || !is_name(code.as_bytes()[at - 1]);
    starts
        .filter(whole_word)
        .filter_map(|at| function(&code, at))
        .collect()
}

fn function(code: &str, at: usize) -> Option<Function> {
    let tail = code.get(at + 3..)?.trim_start();
    let name: String = tail
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '#'))
        .collect();
    if name.is_empty() {
        return None;
    }
    let (_, end) = block(code, at)?;
    let (first, last) = (line_of(code, at), line_of(code, end));
    Some(Function {
        name,
        line: first,
        lines: last - first + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, usize)> {
        functions(text)
            .into_iter()
            .map(|f| (f.name, f.line, f.lines))
            .collect()
    }

    #[test]
    fn lines_are_counted_from_the_name_to_the_last_brace() {
        let text = "\n/// Doc.\npub fn a(\n    x: u8,\n) -> u8 {\n    // {\n    x\n}\nfn b() {}\n";
        assert_eq!(
            found(text),
            [("a".to_owned(), 3, 6), ("b".to_owned(), 9, 1)]
        );
    }

    #[test]
    fn what_has_no_body_or_no_name_is_not_a_function() {
        assert!(
            found("trait T { fn a(&self); }\ntype F = fn (u8) -> u8;\nlet often = 1;").is_empty()
        );
    }

    #[test]
    fn inner_functions_and_methods_are_found() {
        let names: Vec<_> = found("impl A { fn a() { fn b() {} } }")
            .into_iter()
            .map(|f| f.0)
            .collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn the_sixty_first_line_is_one_too_many() {
        let source = |lines: usize| Source {
            path: "crates/a/src/lib.rs".to_owned(),
            text: format!("fn a() {{\n{}}}\n", "    b();\n".repeat(lines - 2)),
        };
        assert!(check(&[&source(60)]).is_empty());
        assert_eq!(
            check(&[&source(61)]),
            ["crates/a/src/lib.rs:1: fn a has 61 lines, more than 60"]
        );
    }

    #[test]
    fn tests_may_be_longer() {
        let body = "    b();\n".repeat(100);
        assert!(
            found(&format!(
                "#[cfg(test)]\nmod tests {{\nfn a() {{\n{body}}}\n}}\n"
            ))
            .is_empty()
        );
    }
}
