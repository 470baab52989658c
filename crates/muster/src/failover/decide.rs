//! Whether a call goes on after an attempt: the rules, apart from the machinery.

use super::error::Reason;
use crate::outcome::Kind;

/// What is known when an attempt has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) kind: Kind,
    /// Attempts made, this one included.
    pub(super) attempts: u32,
    pub(super) max_attempts: u32,
    /// Whether a node is left that this call has not tried, or may come back to.
    pub(super) others_left: bool,
}

/// Says why the call ends here, or `None` if another node is to be tried.
///
/// The questions stand in the order of their price: `repeatable` may read the whole body, and `budget`
/// spends.
pub(super) fn stop(
    ended: Ended,
    repeatable: impl FnOnce() -> bool,
    budget: impl FnOnce() -> bool,
) -> Option<Reason> {
    match ended.kind {
        Kind::Served | Kind::Failed => return Some(Reason::Final),
        Kind::Refused | Kind::Ambiguous | Kind::Overloaded => {}
    }
    if ended.attempts >= ended.max_attempts {
        return Some(Reason::AttemptsSpent);
    }
    if !ended.others_left {
        return Some(Reason::NoNodeLeft);
    }
    if ended.kind == Kind::Ambiguous && !repeatable() {
        return Some(Reason::NotRepeatable);
    }
    if !budget() {
        return Some(Reason::BudgetSpent);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Ended, Reason, stop};
    use crate::outcome::Kind;

    const YES: bool = true;
    const NO: bool = false;

    #[test]
    fn what_may_have_been_applied_is_repeated_only_if_it_is_repeatable() {
        #[rustfmt::skip]
        let table = [
            // kind, attempts of 3, others left, repeatable, budget
            (Kind::Served,     1, YES, YES, YES, Some(Reason::Final)),
            (Kind::Failed,     1, YES, YES, YES, Some(Reason::Final)),
            (Kind::Refused,    1, YES, NO,  YES, None),
            (Kind::Refused,    2, YES, NO,  YES, None),
            (Kind::Refused,    3, YES, YES, YES, Some(Reason::AttemptsSpent)),
            (Kind::Refused,    1, NO,  YES, YES, Some(Reason::NoNodeLeft)),
            (Kind::Refused,    1, YES, NO,  NO,  Some(Reason::BudgetSpent)),
            (Kind::Overloaded, 1, YES, NO,  YES, None),
            (Kind::Overloaded, 1, YES, YES, NO,  Some(Reason::BudgetSpent)),
            (Kind::Ambiguous,  1, YES, YES, YES, None),
            (Kind::Ambiguous,  1, YES, NO,  YES, Some(Reason::NotRepeatable)),
            (Kind::Ambiguous,  1, YES, YES, NO,  Some(Reason::BudgetSpent)),
            (Kind::Ambiguous,  1, NO,  YES, YES, Some(Reason::NoNodeLeft)),
        ];
        for (kind, attempts, others_left, repeatable, budget, expected) in table {
            let ended = Ended {
                kind,
                attempts,
                max_attempts: 3,
                others_left,
            };
            let reason = stop(ended, || repeatable, || budget);
            assert_eq!(
                reason, expected,
                "{ended:?} repeatable {repeatable} budget {budget}"
            );
        }
    }

    #[test]
    fn a_call_that_ends_anyway_spends_nothing_of_the_budget() {
        let ended = Ended {
            kind: Kind::Ambiguous,
            attempts: 1,
            max_attempts: 3,
            others_left: true,
        };
        let reason = stop(ended, || false, || unreachable!("the budget was asked"));
        assert_eq!(reason, Some(Reason::NotRepeatable));
    }
}
