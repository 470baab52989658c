//! A written-out search through everything that two sites, one slot and Redis can do in some ticks, in any order.
//!
//! Sites send, hear and act at any moment or not at all, which is also what a pause looks like; their clocks may be
//! slow within the margin; answers are lost, calls are carried out late, Redis loses its data or the last of it, the
//! assignment changes. What a site does next, whether it acts, leases, and what a fence lets in are the real functions.
//! What the scripts do is written again here, of the rules of the group in memory ([`fake`](super::fake)), which the
//! store's tests hold against a real server call by call. In every state that can be reached:
//!
//! - no two sites act as primary;
//! - whoever begins to act does so under a higher epoch than anybody before, or goes on under its own;
//! - a replica accepts no write under a lower epoch than it has seen;
//! - whoever becomes a holder beside a primary has all that this one has let callers know was written.
//!
//! Each rule is also left out once, and the search has to find what goes wrong.

mod moves;
mod redis;
mod search;
mod world;

use self::{
    search::search,
    world::{CatchUp, Limits, Rules},
};

const ALL: Rules = Rules {
    margin: true,
    stop_first: true,
    hold: true,
    epoch_of_time: true,
    fence: true,
    late_guard: true,
    lost_is_lost: true,
    copy: true,
    copy_of_session: true,
    catch_up: CatchUp::Always,
};

const NOTHING: Limits = Limits {
    last: 6,
    answers: 0,
    data: 0,
    forgets: 0,
    changes: 0,
    drift: true,
    writes: false,
};
const CHANGES: Limits = Limits {
    last: 5,
    changes: 1,
    ..NOTHING
};
const ANSWERS: Limits = Limits {
    last: 2,
    answers: 2,
    changes: 2,
    drift: false,
    ..NOTHING
};
const DATA: Limits = Limits {
    last: 4,
    data: 1,
    drift: false,
    ..NOTHING
};
const FORGETS: Limits = Limits {
    last: 4,
    forgets: 1,
    changes: 1,
    drift: false,
    ..NOTHING
};
const WRITES: Limits = Limits {
    last: 5,
    writes: true,
    ..NOTHING
};

fn holds(what: &str, limits: Limits, least: usize) {
    let found = search(ALL, limits);
    println!("{what}: {} states visited", found.states);
    assert!(found.violation.is_none(), "{what}\n{}", found.trace());
    assert!(
        found.states > least,
        "{}: the search is no search",
        found.states
    );
}

#[test]
fn sites_that_come_and_go_never_act_at_once() {
    holds("sites alone", NOTHING, 1_000);
}

#[test]
fn roles_that_move_are_never_with_two() {
    holds("the assignment changes", CHANGES, 1_000);
}

#[test]
fn answers_that_are_lost_and_calls_that_are_late_make_nobody_act_twice() {
    holds("answers are lost", ANSWERS, 1_000);
}

#[test]
fn data_that_is_lost_makes_no_epoch_go_back() {
    holds("data is lost", DATA, 1_000);
}

#[test]
fn a_replica_accepts_nothing_that_is_old() {
    holds("writes are late", WRITES, 1_000);
}

#[test]
fn roles_that_redis_has_forgotten_are_given_up_by_who_knows_all_that_has_happened() {
    holds("other slots' changes are lost", FORGETS, 1_000);
}

fn fails_without(what: &str, rules: Rules, limits: Limits) {
    let found = search(rules, limits);
    println!(
        "without {what}: {} states visited\n{}",
        found.states,
        found.trace()
    );
    assert!(
        found.violation.is_some(),
        "nothing goes wrong without {what}"
    );
    assert!(found.steps() > 1, "a violation has a trace");
}

#[test]
fn without_a_margin_a_slow_clock_makes_two_sites_act() {
    fails_without(
        "a margin",
        Rules {
            margin: false,
            ..ALL
        },
        NOTHING,
    );
}

#[test]
fn handing_over_before_stopping_makes_two_sites_act() {
    fails_without(
        "stopping first",
        Rules {
            stop_first: false,
            ..ALL
        },
        CHANGES,
    );
}

#[test]
fn without_holding_primaries_back_lost_data_makes_two_sites_act() {
    fails_without("a hold", Rules { hold: false, ..ALL }, DATA);
}

#[test]
fn epochs_that_only_count_go_back_when_data_is_lost() {
    let longer = Limits { last: 8, ..DATA };
    fails_without(
        "time and floor",
        Rules {
            epoch_of_time: false,
            ..ALL
        },
        longer,
    );
}

#[test]
fn without_a_fence_a_replica_accepts_what_is_old() {
    fails_without(
        "a fence",
        Rules {
            fence: false,
            ..ALL
        },
        WRITES,
    );
}

#[test]
fn a_site_that_was_away_becomes_a_holder_without_what_was_written_unless_it_copies_it() {
    fails_without("copying", Rules { copy: false, ..ALL }, NOTHING);
}

#[test]
fn what_was_copied_before_a_site_was_evicted_lacks_what_was_written_since() {
    let longer = Limits {
        last: 8,
        drift: false,
        ..NOTHING
    };
    fails_without(
        "sessions",
        Rules {
            copy_of_session: false,
            ..ALL
        },
        longer,
    );
}

#[test]
fn a_call_that_is_carried_out_late_makes_two_sites_act_unless_it_is_refused() {
    fails_without(
        "refusing late calls",
        Rules {
            late_guard: false,
            ..ALL
        },
        ANSWERS,
    );
}

#[test]
fn a_role_that_a_lost_call_may_give_away_is_not_taken_up_again() {
    fails_without(
        "remembering lost calls",
        Rules {
            lost_is_lost: false,
            ..ALL
        },
        ANSWERS,
    );
}

#[test]
fn a_lease_that_begins_anew_before_all_is_known_is_of_a_role_that_may_be_forgotten() {
    fails_without(
        "catching up",
        Rules {
            catch_up: CatchUp::Never,
            ..ALL
        },
        FORGETS,
    );
}

/// That it has lasted shows that nobody has evicted the site, and not that its role was not taken away where Redis has
/// lost changes.
#[test]
fn a_lease_that_goes_on_before_all_is_known_is_of_a_role_that_may_be_forgotten() {
    let rules = Rules {
        catch_up: CatchUp::AfterGap,
        ..ALL
    };
    fails_without("catching up while the lease lasts", rules, FORGETS);
}
