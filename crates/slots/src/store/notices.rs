//! Notices, as they are published.

use serde::Deserialize;

use super::{
    bounds::{MOST_NOTICE, MOST_NUMBER},
    error::StoreError,
    line,
    member::MemberJson,
};
use crate::{
    SiteId, Slot,
    record::{Event, Notice, SlotRecord},
    redis::Listening,
};

/// The group's changes as they happen.
pub(crate) struct Notices(Listening);

impl Notices {
    pub(super) fn of(listening: Listening) -> Self {
        Self(listening)
    }

    /// Waits for the next one; `None` when the connection is lost, and with it perhaps some notices.
    ///
    /// # Cancel safety
    ///
    /// No notice is lost by a future that is dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`] if what was published is no notice; the ones behind it may be.
    pub(crate) async fn next(&mut self) -> Option<Result<Notice, StoreError>> {
        let text = self.0.next().await?;
        Some(parse(&text))
    }
}

/// A notice as it is written.
#[derive(Deserialize)]
struct NoticeJson {
    life: Box<str>,
    version: u64,
    event: String,
    site: Option<String>,
    member: Option<MemberJson>,
    leaving: Option<bool>,
    /// Each a number, epoch, primary and holders in order.
    slots: Vec<(u16, u64, Option<String>, Vec<String>)>,
}

pub(super) fn parse(text: &[u8]) -> Result<Notice, StoreError> {
    let shown = || String::from_utf8_lossy(text.get(..200).unwrap_or(text));
    if text.len() > MOST_NOTICE {
        return Err(StoreError::malformed(
            "a notice of too many bytes,",
            &shown(),
        ));
    }
    let json: Option<NoticeJson> = serde_json::from_slice(text).ok();
    let notice = json.and_then(notice_of);
    notice.ok_or_else(|| StoreError::malformed("a notice,", &shown()))
}

fn notice_of(json: NoticeJson) -> Option<Notice> {
    let site: Option<SiteId> = json.site.map(|id| id.parse()).transpose().ok()?;
    let member = match (json.member, json.leaving, &site) {
        (None, None, _) => None,
        (Some(member), Some(leaving), Some(id)) => Some(member.record(id, leaving).ok()?),
        _ => return None,
    };
    let slots = json.slots.into_iter().map(slot_of);
    let mut slots = slots.collect::<Option<Vec<_>>>()?;
    slots.sort_unstable_by_key(|record| record.slot);
    Some(Notice {
        life: json.life,
        version: (json.version <= MOST_NUMBER).then_some(json.version)?,
        event: event_of(&json.event)?,
        site,
        member,
        slots,
    })
}

fn slot_of(
    (slot, epoch, primary, holders): (u16, u64, Option<String>, Vec<String>),
) -> Option<SlotRecord> {
    let primary = primary.map(|id| id.parse()).transpose().ok()?;
    let holders = holders.into_iter().map(|id| id.parse());
    let holders = holders.collect::<Result<_, _>>().ok()?;
    line::whole(Slot::new(slot), epoch, primary, holders)
}

fn event_of(name: &str) -> Option<Event> {
    Some(match name {
        "joined" => Event::Joined,
        "leaving" => Event::Leaving,
        "left" => Event::Left,
        "evicted" => Event::Evicted,
        "added" => Event::Added,
        "removed" => Event::Removed,
        "failed" => Event::Failed,
        "handed_over" => Event::HandedOver,
        "settled" => Event::Settled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{MOST_NOTICE, parse};
    use crate::{record::Event, store::StoreError};

    const WHOLE: &str = r#"{"life":"l","version":7,"event":"joined","site":"a","leaving":true,
        "member":{"origin":"http://a","weight":2},"slots":[[3,9,"a",["a","b"]],[1,0,null,[]]]}"#;

    #[test]
    fn a_notice_is_read_with_its_slots_in_order() {
        let notice = parse(WHOLE.as_bytes()).expect("a notice");
        assert_eq!((notice.version, notice.event), (7, Event::Joined));
        assert!(notice.member.expect("a member").leaving);
        let slots: Vec<u16> = notice.slots.iter().map(|slot| slot.slot.number()).collect();
        assert_eq!(slots, [1, 3]);
    }

    #[test]
    fn what_is_no_notice_is_an_error_and_never_a_panic() {
        let replaced = [
            ("\"version\":7", "\"version\":-7"),
            ("\"version\":7", "\"version\":1e15"),
            ("\"version\":7", "\"version\":18446744073709551616"),
            ("joined", "unheard of"),
            ("\"site\":\"a\"", "\"site\":\"a b\""),
            ("\"site\":\"a\",", ""),
            (",\"leaving\":true", ""),
            ("http://a", "no origin"),
            ("[3,9", "[65536,9"),
            ("[3,9", "[3,9999999999999999"),
            ("[3,9,\"a\"", "[3,9,\"c\""),
            ("[\"a\",\"b\"]", "[\"a\",\"\"]"),
            ("]]}", "]]"),
        ];
        for (from, to) in replaced {
            let text = WHOLE.replacen(from, to, 1);
            assert_ne!(text, WHOLE, "{from}");
            parse(text.as_bytes()).expect_err(&text);
        }
        for at in 0..WHOLE.len() {
            parse(&WHOLE.as_bytes()[..at]).expect_err("cut off");
        }
        parse(&[0xff; 300]).expect_err("no text");
        parse("[".repeat(100_000).as_bytes()).expect_err("too deep");
    }

    #[test]
    fn a_notice_without_bound_is_refused_by_its_size() {
        let error = parse(&vec![b' '; MOST_NOTICE + 1]).expect_err("too large");
        assert!(matches!(&error, StoreError::Malformed { what } if what.contains("too many")));
        assert!(error.to_string().len() < 300);
    }
}
