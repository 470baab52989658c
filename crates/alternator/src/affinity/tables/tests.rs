use tokio::time::advance;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn known(keys: &TableKeys, table: &str) -> String {
    match keys.view().key(table) {
        Known::Key(key) => key.to_owned(),
        Known::Old(key) => format!("old {key}"),
        Known::Nothing => "nothing".to_owned(),
        Known::Refused => "refused".to_owned(),
    }
}

fn learn(keys: &TableKeys, table: &str, key: &str) {
    let ticket = keys
        .begin(table, Why::Unknown)
        .expect("it is to be asked for");
    ticket.learned(key);
}

#[test]
fn what_is_given_is_known_and_never_asked_for() {
    let keys = TableKeys::new().given("t", "p").expect("names");
    let keys = keys.given("u", "q").expect("names");
    assert_eq!(
        (known(&keys, "t"), known(&keys, "u")),
        ("p".to_owned(), "q".to_owned())
    );
    assert!(keys.begin("t", Why::Unknown).is_none() && keys.begin("t", Why::Doubted).is_none());
    keys.forget("t");
    assert_eq!(known(&keys, "t"), "p");
}

#[test]
fn settings_are_checked() {
    let refused = |keys: Result<TableKeys, TableKeysError>| keys.expect_err("refused").to_string();
    let long = "t".repeat(256);
    assert_eq!(
        refused(TableKeys::new().given("", "p")),
        "table: its name is empty"
    );
    assert_eq!(
        refused(TableKeys::new().given(long, "p")),
        "table: its name has 256 bytes, of at most 255"
    );
    assert_eq!(
        refused(TableKeys::new().given("t", "")),
        "key: that of table \"t\" has an empty name"
    );
    assert_eq!(
        refused(TableKeys::new().capacity(0)),
        "capacity: 0 is not between 1 and 1000000"
    );
    assert!(TableKeys::new().capacity(1_000_001).is_err());
    let short = Duration::from_millis(999);
    assert_eq!(
        refused(TableKeys::new().expiry(short)),
        "expiry: 999ms is less than a second"
    );
    assert!(TableKeys::new().given("t".repeat(255), "p").is_ok());
    assert!(TableKeys::new().expiry(Duration::MAX).is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_learned_is_good_until_it_is_old_and_used_until_it_is_learned_anew() {
    let keys = TableKeys::new();
    assert_eq!(known(&keys, "t"), "nothing");
    learn(&keys, "t", "p");
    assert_eq!(known(&keys, "t"), "p");
    advance(10 * MINUTE - Duration::from_millis(1)).await;
    assert_eq!(known(&keys, "t"), "p");
    assert!(keys.begin("t", Why::Unknown).is_none(), "it is known");
    advance(Duration::from_millis(1)).await;
    assert_eq!(known(&keys, "t"), "old p");

    let ticket = keys.begin("t", Why::Unknown).expect("it is old");
    assert_eq!(known(&keys, "t"), "old p", "while it is asked for");
    drop(ticket);
    assert_eq!(known(&keys, "t"), "old p", "there was no answer");
    learn(&keys, "t", "q");
    assert_eq!(known(&keys, "t"), "q");
}

#[tokio::test(start_paused = true)]
async fn the_time_may_be_set_or_be_none() {
    let keys = TableKeys::new().expiry(MINUTE).expect("a time");
    learn(&keys, "t", "p");
    let keys = keys.expiry(Duration::MAX).expect("a time");
    learn(&keys, "u", "q");
    advance(MINUTE).await;
    assert_eq!(
        (known(&keys, "t"), known(&keys, "u")),
        ("old p".to_owned(), "q".to_owned())
    );
    advance(1_000_000 * MINUTE).await;
    assert_eq!(known(&keys, "u"), "q");
}

#[tokio::test(start_paused = true)]
async fn one_asks_for_a_table_at_a_time_and_eight_at_all() {
    let keys = TableKeys::new();
    let ticket = keys.begin("t0", Why::Unknown).expect("nobody asks");
    assert!(keys.begin("t0", Why::Unknown).is_none(), "somebody asks");
    assert!(
        keys.clone().begin("t0", Why::Doubted).is_none(),
        "a clone asks"
    );
    let tables = (1..8).map(|n| format!("t{n}"));
    let others: Vec<_> = tables
        .filter_map(|table| keys.begin(&table, Why::Unknown))
        .collect();
    assert_eq!(others.len(), 7);
    assert!(keys.begin("t8", Why::Unknown).is_none(), "the ninth");
    drop(ticket);
    assert!(keys.begin("t8", Why::Unknown).is_some());
    assert!(
        keys.begin("t0", Why::Unknown).is_some(),
        "as it was not answered"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_not_asked_for_for_five_minutes() {
    let keys = TableKeys::new();
    keys.begin("t", Why::Unknown)
        .expect("nobody asks")
        .refused();
    assert_eq!(known(&keys, "t"), "refused");
    advance(5 * MINUTE - Duration::from_millis(1)).await;
    assert!(keys.begin("t", Why::Unknown).is_none() && keys.begin("t", Why::Doubted).is_none());
    advance(Duration::from_millis(1)).await;
    assert_eq!(known(&keys, "t"), "nothing");
    learn(&keys, "t", "p");
    assert_eq!(known(&keys, "t"), "p");
}

#[tokio::test(start_paused = true)]
async fn what_is_doubted_is_asked_for_once_in_a_while() {
    let keys = TableKeys::new();
    learn(&keys, "t", "p");
    assert!(
        keys.begin("t", Why::Doubted).is_none(),
        "it was just learned"
    );
    advance(Duration::from_secs(10)).await;
    keys.begin("t", Why::Doubted)
        .expect("it is a while")
        .learned("q");
    assert_eq!(known(&keys, "t"), "q");
    assert!(
        keys.begin("t", Why::Doubted).is_none(),
        "it was just learned"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_learned_anew() {
    let keys = TableKeys::new();
    learn(&keys, "t", "p");
    keys.begin("u", Why::Unknown)
        .expect("nobody asks")
        .refused();
    for table in ["t", "u", "never known"] {
        keys.forget(table);
        assert_eq!(known(&keys, table), "nothing");
        assert!(keys.begin(table, Why::Unknown).is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_a_table_that_was_forgotten_meanwhile_is_not_kept() {
    let keys = TableKeys::new();
    for end in [
        |ticket: Ticket| ticket.learned("old"),
        |ticket: Ticket| ticket.refused(),
    ] {
        let ticket = keys.begin("t", Why::Unknown).expect("nobody asks");
        keys.forget("t");
        end(ticket);
        assert_eq!(known(&keys, "t"), "nothing");
    }
    learn(&keys, "t", "new");
    assert_eq!(known(&keys, "t"), "new");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_used_for_longest_is_dropped() {
    let keys = TableKeys::new()
        .given("given", "p")
        .expect("names")
        .capacity(3)
        .expect("room");
    for table in ["a", "b", "c"] {
        learn(&keys, table, "p");
        advance(Duration::from_millis(5)).await;
    }
    for used in ["c", "a"] {
        assert_eq!(known(&keys, used), "p");
        advance(Duration::from_millis(5)).await;
    }
    learn(&keys, "d", "p");
    let left = ["given", "a", "b", "c", "d"].map(|table| known(&keys, table));
    assert_eq!(left, ["p", "p", "nothing", "p", "p"]);

    let keys = keys.capacity(1).expect("room");
    let count = ["a", "c", "d"]
        .into_iter()
        .filter(|table| known(&keys, table) == "p")
        .count();
    assert_eq!((count, known(&keys, "given")), (1, "p".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn tables_that_come_and_go_do_not_add_up() {
    let keys = TableKeys::new();
    for n in 0..3000 {
        let ticket = keys
            .begin(&format!("t{n}"), Why::Unknown)
            .expect("nobody asks");
        if n % 2 == 0 {
            ticket.learned("p")
        } else {
            ticket.refused()
        }
    }
    assert_eq!(keys.shared.tables.load().len(), CAPACITY);
    assert!(keys.book().learning.is_empty());
}

#[test]
fn threads_that_learn_and_forget_at_once_leave_nothing_under_way() {
    let keys = TableKeys::new().given("given", "p").expect("names");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let keys = &keys;
            scope.spawn(move || {
                for n in 0..500 {
                    let table = format!("t{}", n % 7);
                    match keys.begin(&table, Why::Unknown) {
                        Some(ticket) if n % 3 == 0 => ticket.learned("p"),
                        Some(ticket) if n % 3 == 1 => ticket.refused(),
                        _ => keys.forget(&format!("t{}", (n + thread) % 7)),
                    }
                    assert_eq!(keys.view().key("given"), Known::Key("p"));
                }
            });
        }
    });
    assert!(keys.book().learning.is_empty());
    assert!(keys.shared.tables.load().len() <= 8);
}

#[test]
fn a_name_that_no_table_can_have_is_not_asked_for() {
    let keys = TableKeys::new();
    assert!(keys.begin("", Why::Unknown).is_none());
    assert!(keys.begin(&"t".repeat(256), Why::Unknown).is_none());
    assert!(keys.begin(&"t".repeat(255), Why::Unknown).is_some());
}
