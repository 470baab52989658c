use super::{Aim, Ask, Data, Facts, Lead, Step, acts, next};
use crate::{Epoch, Role};

const SEVEN: Epoch = Epoch::new(7);
const WANTED: Option<Aim> = Some(Aim {
    wanted: true,
    first: false,
    claim: 5,
});
const FIRST: Option<Aim> = Some(Aim {
    wanted: true,
    first: true,
    claim: 9,
});
const UNWANTED: Option<Aim> = Some(Aim {
    wanted: false,
    first: false,
    claim: 1,
});

/// A secondary where all is as it should be.
const fn secondary() -> Facts {
    Facts {
        is_member: true,
        data: Data::Ready,
        is_listed: true,
        is_behind: false,
        lead: Lead::Other,
        epoch: SEVEN,
        told: Some((Role::Secondary, SEVEN)),
        lost: Epoch::NONE,
        others: 1,
        needed: 1,
        aim: WANTED,
        claimed: Some(5),
        is_awaited: false,
        ask: None,
        is_held_back: false,
        rests: false,
        recovers: false,
    }
}

/// A primary where all is as it should be.
const fn primary() -> Facts {
    let told = Some((Role::Primary, SEVEN));
    Facts {
        lead: Lead::Me,
        told,
        aim: FIRST,
        claimed: Some(9),
        ..secondary()
    }
}

/// A site that does not have the slot.
const fn absent() -> Facts {
    Facts {
        data: Data::Absent,
        is_listed: false,
        told: None,
        claimed: None,
        ..secondary()
    }
}

const LOST: Facts = Facts {
    lost: SEVEN,
    ..primary()
};
const STOPPED: Facts = Facts {
    told: Some((Role::Secondary, SEVEN)),
    ..primary()
};
const YIELDS: Facts = Facts {
    aim: WANTED,
    claimed: Some(5),
    is_awaited: true,
    ..primary()
};
const TOLD: Option<(Role, Epoch)> = Some((Role::Secondary, SEVEN));
const NEWER: Facts = Facts {
    epoch: Epoch::new(8),
    ..primary()
};
const UNLISTED: Facts = Facts {
    is_listed: false,
    lead: Lead::Nobody,
    ..secondary()
};
const BEHIND: Facts = Facts {
    is_behind: true,
    lead: Lead::Other,
    ..UNLISTED
};
const SURPLUS: Facts = Facts {
    aim: UNWANTED,
    claimed: Some(1),
    ..secondary()
};

const CASES: &[(&str, Facts, Step)] = &[
    ("all is well as secondary", secondary(), Step::Nothing),
    ("all is well as primary", primary(), Step::Nothing),
    ("it is wanted here", absent(), Step::Acquire),
    (
        "it is wanted here, and who held it in an earlier life may not have said so yet",
        Facts {
            is_held_back: true,
            ..absent()
        },
        Step::Nothing,
    ),
    (
        "it is not wanted",
        Facts {
            aim: UNWANTED,
            ..absent()
        },
        Step::Nothing,
    ),
    (
        "there is no assignment",
        Facts {
            aim: None,
            ..absent()
        },
        Step::Nothing,
    ),
    (
        "it failed a moment ago",
        Facts {
            rests: true,
            ..absent()
        },
        Step::Nothing,
    ),
    (
        "the application failed with it a moment ago",
        Facts {
            recovers: true,
            ..absent()
        },
        Step::Nothing,
    ),
    (
        "the application failed with it a moment ago, and others do not wait for that",
        Facts {
            data: Data::Broken,
            recovers: true,
            ..secondary()
        },
        Step::Fail,
    ),
    (
        "a late call has listed it",
        Facts {
            is_listed: true,
            ..absent()
        },
        Step::Fail,
    ),
    ("it is ready", UNLISTED, Step::Add(5)),
    (
        "it is not wanted, and needed",
        Facts {
            aim: UNWANTED,
            others: 0,
            ..UNLISTED
        },
        Step::Add(1),
    ),
    (
        "it is not needed",
        Facts {
            aim: UNWANTED,
            ..UNLISTED
        },
        Step::Release,
    ),
    ("it may lack what was written", BEHIND, Step::Acquire),
    (
        "it could not copy what it lacks a moment ago",
        Facts {
            rests: true,
            ..BEHIND
        },
        Step::Nothing,
    ),
    (
        "the application could not copy what it lacks a moment ago",
        Facts {
            recovers: true,
            ask: Some(Ask::Add),
            ..BEHIND
        },
        Step::Nothing,
    ),
    (
        "it may lack what was written, and is to be added",
        Facts {
            ask: Some(Ask::Add),
            ..BEHIND
        },
        Step::Acquire,
    ),
    (
        "it may lack what was written, and is not needed",
        Facts {
            aim: UNWANTED,
            ..BEHIND
        },
        Step::Release,
    ),
    (
        "it is broken",
        Facts {
            data: Data::Broken,
            ..primary()
        },
        Step::Fail,
    ),
    (
        "it is broken and off",
        Facts {
            data: Data::Broken,
            ..UNLISTED
        },
        Step::Release,
    ),
    (
        "the claim is another",
        Facts {
            aim: FIRST,
            ..secondary()
        },
        Step::Add(9),
    ),
    (
        "there is no assignment any more",
        Facts {
            aim: None,
            ..secondary()
        },
        Step::Nothing,
    ),
    (
        "it became primary",
        STOPPED,
        Step::Tell(Role::Primary, SEVEN),
    ),
    (
        "it is primary anew",
        NEWER,
        Step::Tell(Role::Primary, Epoch::new(8)),
    ),
    (
        "another is primary",
        Facts {
            lead: Lead::Other,
            ..primary()
        },
        Step::Stop,
    ),
    (
        "nobody is primary",
        Facts {
            lead: Lead::Nobody,
            ..primary()
        },
        Step::Stop,
    ),
    (
        "it is no member",
        Facts {
            is_member: false,
            ..primary()
        },
        Step::Stop,
    ),
    (
        "no member has nothing to do",
        Facts {
            is_member: false,
            ..absent()
        },
        Step::Nothing,
    ),
    ("the first one is ready", YIELDS, Step::Stop),
    (
        "and it has stopped",
        Facts {
            told: TOLD,
            ..YIELDS
        },
        Step::HandOver,
    ),
    (
        "but it failed a moment ago",
        Facts {
            rests: true,
            ..YIELDS
        },
        Step::Nothing,
    ),
    ("it is surplus", SURPLUS, Step::Remove),
    (
        "it is surplus and too few hold it",
        Facts {
            others: 0,
            ..SURPLUS
        },
        Step::Nothing,
    ),
    (
        "a surplus primary stops first",
        Facts {
            aim: UNWANTED,
            ..primary()
        },
        Step::Stop,
    ),
    ("a call was lost", LOST, Step::Stop),
    (
        "and it has stopped after a lost call",
        Facts { told: TOLD, ..LOST },
        Step::Fail,
    ),
    (
        "it is to be removed",
        Facts {
            ask: Some(Ask::Remove),
            ..secondary()
        },
        Step::Remove,
    ),
    (
        "a primary is to be removed",
        Facts {
            ask: Some(Ask::Remove),
            ..primary()
        },
        Step::Stop,
    ),
    (
        "it is to be added again",
        Facts {
            ask: Some(Ask::Add),
            ..secondary()
        },
        Step::Add(5),
    ),
    (
        "it does not know its role",
        Facts {
            told: None,
            ..secondary()
        },
        Step::Tell(Role::Secondary, SEVEN),
    ),
];

#[test]
fn each_situation_has_one_next_step() {
    for (what, facts, step) in CASES {
        assert_eq!(next(facts), *step, "{what}");
    }
}

#[test]
fn a_site_acts_only_as_what_it_was_told_at_the_slots_very_epoch() {
    assert!(acts(&primary()) && !acts(&secondary()) && !acts(&absent()));
    let others = [
        Facts {
            is_member: false,
            ..primary()
        },
        Facts {
            data: Data::Broken,
            ..primary()
        },
        Facts {
            is_listed: false,
            ..primary()
        },
        Facts {
            lead: Lead::Other,
            ..primary()
        },
        Facts {
            epoch: Epoch::new(8),
            ..primary()
        },
        Facts {
            lost: SEVEN,
            ..primary()
        },
        Facts {
            told: None,
            ..primary()
        },
    ];
    for facts in others {
        assert!(!acts(&facts), "{facts:?}");
    }
}
