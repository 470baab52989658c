use std::time::Duration;

use http::HeaderValue;

use super::*;

/// 2026-01-02T03:04:05Z, a Friday.
const NOW: Duration = Duration::from_secs(1_767_323_045);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW
}

fn after_refusal(status: StatusCode, date: &str, used: Offset) -> Option<Offset> {
    let mut headers = HeaderMap::new();
    headers.insert(DATE, date.parse().unwrap());
    learned(status, &headers, now(), used)
}

fn seconds(ahead: i64) -> Offset {
    let distance = Duration::from_secs(ahead.unsigned_abs());
    let theirs = if ahead < 0 {
        now() - distance
    } else {
        now() + distance
    };
    Offset::between(now(), theirs).unwrap()
}

#[test]
fn a_refusal_far_from_our_time_tells_how_far() {
    let none = Offset::default();
    for status in [400, 401, 403].map(|code| StatusCode::from_u16(code).unwrap()) {
        let ahead = after_refusal(status, "Fri, 02 Jan 2026 03:24:05 GMT", none);
        assert_eq!(ahead, Some(seconds(20 * 60)), "{status}");
        let behind = after_refusal(status, "Fri, 02 Jan 2026 02:44:05 GMT", none);
        assert_eq!(behind, Some(seconds(-20 * 60)), "{status}");
    }
}

#[test]
fn other_statuses_and_small_differences_teach_nothing() {
    let none = Offset::default();
    for status in [200, 404, 429, 500, 503].map(|code| StatusCode::from_u16(code).unwrap()) {
        let answer = after_refusal(status, "Fri, 02 Jan 2026 03:24:05 GMT", none);
        assert_eq!(answer, None, "{status}");
    }
    let at = |date| after_refusal(StatusCode::BAD_REQUEST, date, none);
    assert_eq!(at("Fri, 02 Jan 2026 03:08:05 GMT"), None, "4 minutes");
    assert_eq!(
        at("Fri, 02 Jan 2026 03:08:06 GMT"),
        Some(seconds(4 * 60 + 1))
    );
}

#[test]
fn a_date_that_cannot_be_read_or_is_absurd_teaches_nothing() {
    for date in [
        "",
        "now",
        "Fri, 31 Dec 1999 23:59:59 GMT",
        "Fri, 02 Jan 12026 03:04:05 GMT",
        "Fri, 02 Jan 2026 03:04:05 CET",
        "Fri, 32 Jan 2026 03:04:05 GMT",
        "Friday, 02-Jan-26 04:04:05 GMT",
    ] {
        let answer = after_refusal(StatusCode::BAD_REQUEST, date, Offset::default());
        assert_eq!(answer, None, "{date:?}");
    }
    let mut headers = HeaderMap::new();
    headers.insert(DATE, HeaderValue::from_bytes(b"\xff").unwrap());
    let answer = learned(StatusCode::BAD_REQUEST, &headers, now(), Offset::default());
    assert_eq!(answer, None);
}

#[test]
fn an_offset_that_agrees_with_the_server_stays_and_one_that_does_not_goes() {
    let used = seconds(3600);
    let at = |date| after_refusal(StatusCode::BAD_REQUEST, date, used);
    assert_eq!(
        at("Fri, 02 Jan 2026 04:04:05 GMT"),
        None,
        "refused for another reason"
    );
    let right = at("Fri, 02 Jan 2026 03:04:07 GMT");
    assert_eq!(
        right,
        Some(Offset::default()),
        "a clock that is right again needs none"
    );
    assert_eq!(at("Fri, 02 Jan 2026 05:04:05 GMT"), Some(seconds(7200)));
}

#[test]
fn an_offset_leads_from_our_time_to_the_servers() {
    assert_eq!(
        seconds(90).apply(now()),
        Some(now() + Duration::from_secs(90))
    );
    assert_eq!(
        seconds(-90).apply(now()),
        Some(now() - Duration::from_secs(90))
    );
    assert_eq!(Offset::default().apply(now()), Some(now()));
}

#[test]
fn each_host_has_its_own_offset_and_can_be_forgotten() {
    let offsets = Offsets::default();
    offsets.learn("a:8000", seconds(600));
    offsets.learn("b:8000", seconds(-600));
    assert_eq!(offsets.of("a:8000"), seconds(600));
    assert_eq!(offsets.of("b:8000"), seconds(-600));
    assert_eq!(offsets.of("c:8000"), Offset::default());
    offsets.learn("a:8000", Offset::default());
    offsets.learn("b:8000", Offset::default());
    assert_eq!(offsets.of("a:8000"), Offset::default());
    assert!(
        format!("{offsets:?}").contains("None"),
        "no table is left: {offsets:?}"
    );
}

#[test]
fn the_hosts_are_bounded_and_the_first_learned_goes_first() {
    let offsets = Offsets::default();
    for n in 0..1030 {
        offsets.learn(&format!("node-{n}"), seconds(600));
    }
    let known = (0..1030).filter(|n| offsets.of(&format!("node-{n}")) != Offset::default());
    assert_eq!(known.collect::<Vec<_>>(), (6..1030).collect::<Vec<_>>());
}

#[test]
fn two_refusals_look_alike_if_status_and_length_are_the_same() {
    let refusal = |status: u16, length: Option<&str>| {
        let refusal = Response::builder().status(status);
        let refusal = match length {
            Some(length) => refusal.header(CONTENT_LENGTH, length),
            None => refusal,
        };
        Look::of(&refusal.body(()).unwrap())
    };
    assert_eq!(refusal(400, Some("120")), refusal(400, Some("120")));
    assert_eq!(refusal(400, None), refusal(400, Some("many")));
    assert_ne!(refusal(400, Some("120")), refusal(403, Some("120")));
    assert_ne!(refusal(400, Some("120")), refusal(400, Some("121")));
}

#[test]
fn what_was_in_vain_is_remembered_for_a_minute_of_each_host_and_bounded() {
    let skew = Skew::default();
    let (little, much) = (seconds(14 * 60), seconds(14 * 60 + 1));
    let is_worth = |host, offset, now| skew.is_worth_a_send(host, offset, Offset::default(), now);
    skew.was_in_vain("a:8000", now());
    assert!(!is_worth("a:8000", little, now()));
    assert!(
        is_worth("a:8000", much, now()),
        "it may be refused for that"
    );
    assert!(is_worth("b:8000", little, now()));
    let minute = Duration::from_secs(60);
    assert!(is_worth("a:8000", little, now() + minute));
    assert!(
        is_worth("a:8000", little, now() - minute),
        "a clock that was set back"
    );
    for n in 0..5_000 {
        skew.was_in_vain(&format!("node-{n}"), now());
    }
    assert!(skew.vain.len() <= 1024);
}
