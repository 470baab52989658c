//! The line that Redis holds for one slot: `<epoch>|<primary or nothing>|<score>=<id>,<score>=<id>...`.
//!
//! The score is 16 hex digits, so that scripts can compare it digit by digit: their numbers could not hold it.
//! Nothing that stands between is in an id.

use super::{bounds::MOST_NUMBER, error::StoreError};
use crate::{Epoch, SiteId, Slot, record::SlotRecord};

pub(super) fn score_text(score: u64) -> String {
    format!("{score:016x}")
}

pub(super) fn parse(slot: Slot, line: &str) -> Result<SlotRecord, StoreError> {
    record_of(slot, line).ok_or_else(|| StoreError::malformed("a slot's line", line))
}

fn record_of(slot: Slot, line: &str) -> Option<SlotRecord> {
    let mut parts = line.split('|');
    let (epoch, primary, holders) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let primary = match primary {
        "" => None,
        id => Some(id.parse().ok()?),
    };
    let holders = match holders {
        "" => Vec::new(),
        holders => holders.split(',').map(holder).collect::<Option<_>>()?,
    };
    whole(slot, epoch.parse().ok()?, primary, holders)
}

fn holder(holder: &str) -> Option<SiteId> {
    let (score, id) = holder.split_once('=')?;
    let is_score = score.len() == 16 && score.bytes().all(|digit| digit.is_ascii_hexdigit());
    id.parse().ok().filter(|_| is_score)
}

/// A record whose parts fit together.
pub(super) fn whole(
    slot: Slot,
    epoch: u64,
    primary: Option<SiteId>,
    holders: Vec<SiteId>,
) -> Option<SlotRecord> {
    let is_held = |id: &SiteId| holders.contains(id);
    let fits = epoch <= MOST_NUMBER && primary.as_ref().is_none_or(is_held);
    fits.then_some(SlotRecord {
        slot,
        epoch: Epoch::new(epoch),
        primary,
        holders,
    })
}

#[cfg(test)]
mod tests {
    use super::{parse, score_text};
    use crate::{Epoch, Slot};

    #[test]
    fn a_line_that_scripts_do_not_write_is_refused() {
        for line in [
            "",
            "1",
            "1|",
            "1||,",
            "||",
            "-1||",
            "1.5||",
            "9999999999999999||",
            "1|a|",
            "1|a|0000000000000001=b",
            "1||1=a",
            "1||+000000000000001=a",
            "1||000000000000000g=a",
            "1||0000000000000001=",
            "1||0000000000000001=a,",
            "1||0000000000000001=a|",
            "1||0000000000000001=a b",
            "1|a=b|0000000000000001=a=b",
        ] {
            let error = parse(Slot::new(0), line).expect_err(line).to_string();
            assert!(error.contains(&format!("{line:?}")), "{error}");
        }
        let long = "x".repeat(1 << 20);
        let error = parse(Slot::new(0), &long).expect_err("long").to_string();
        assert!(error.len() < 200, "{error}");
    }

    #[test]
    fn a_line_says_epoch_primary_and_holders_in_order() {
        let line = "7|b|ffffffffffffffff=a,0000000000000000=b";
        let record = parse(Slot::new(3), line).expect("a line");
        assert_eq!((record.slot, record.epoch), (Slot::new(3), Epoch::new(7)));
        assert_eq!(record.primary, Some("b".parse().expect("an id")));
        let holders: Vec<&str> = record.holders.iter().map(|id| id.as_str()).collect();
        assert_eq!(holders, ["a", "b"]);
        assert!(
            parse(Slot::new(3), "0||")
                .expect("no one")
                .holders
                .is_empty()
        );
    }

    #[test]
    fn scores_are_as_their_texts_are() {
        let scores = [
            0,
            1,
            9,
            10,
            15,
            16,
            u64::MAX >> 1,
            (u64::MAX >> 1) + 1,
            u64::MAX,
        ];
        let texts: Vec<String> = scores.into_iter().map(score_text).collect();
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 16));
    }
}
