//! A site as it is written to Redis and into notices.

use serde::{Deserialize, Serialize};

use super::{bounds::MOST_MEMBER, error::StoreError};
use crate::{Member, MemberError, SiteId, record::MemberRecord};

/// A site but its id.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MemberJson {
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    datacenter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rack: Option<String>,
    weight: f64,
}

impl MemberJson {
    pub(super) fn text_of(member: &Member) -> Result<String, StoreError> {
        let node = member.node();
        let json = Self {
            origin: node.origin().as_str().to_owned(),
            datacenter: node.datacenter().map(str::to_owned),
            rack: node.rack().map(str::to_owned),
            weight: node.weight(),
        };
        match serde_json::to_string(&json) {
            Ok(text) if text.len() <= MOST_MEMBER => Ok(text),
            Ok(text) => Err(StoreError::malformed("a site of too many bytes,", &text)),
            Err(error) => Err(StoreError::malformed("a site,", &error.to_string())),
        }
    }

    pub(super) fn record(self, id: &SiteId, leaving: bool) -> Result<MemberRecord, StoreError> {
        let member = self.member(id);
        let member = member.map_err(|error| {
            let why = std::error::Error::source(&error).map(ToString::to_string);
            StoreError::malformed("a site,", &why.unwrap_or_default())
        })?;
        Ok(MemberRecord { member, leaving })
    }

    fn member(self, id: &SiteId) -> Result<Member, MemberError> {
        let member = Member::new(id.as_str(), &self.origin)?.weighted(self.weight)?;
        Ok(match (self.datacenter, self.rack) {
            (Some(datacenter), Some(rack)) => member.in_rack(datacenter, rack)?,
            (Some(datacenter), None) => member.in_datacenter(datacenter)?,
            (None, _) => member,
        })
    }
}

/// A site as Redis holds it: `<session> <0|1: leaving> <JSON>`.
pub(super) fn parse(id: &SiteId, value: &str) -> Result<MemberRecord, StoreError> {
    let malformed = || StoreError::malformed("a site,", value);
    let mut words = value.splitn(3, ' ');
    let (_session, leaving, json) = (words.next(), words.next(), words.next());
    let leaving = match leaving {
        Some("0") => false,
        Some("1") => true,
        _ => return Err(malformed()),
    };
    let json = json.filter(|json| json.len() <= MOST_MEMBER);
    let json = json.ok_or_else(malformed)?;
    let member: MemberJson = serde_json::from_str(json).map_err(|_| malformed())?;
    member.record(id, leaving)
}

#[cfg(test)]
mod tests {
    use super::{MemberJson, parse};
    use crate::Member;

    #[test]
    fn a_site_is_read_as_it_was_written() {
        let plain = || Member::new("a", "https://[::1]:7000").expect("a site");
        for member in [
            plain(),
            plain().weighted(0.001).expect("a weight"),
            plain().in_datacenter("dc \"1\"\n").expect("a name"),
            plain().in_rack("dc/é", "räck|1,=").expect("a name"),
        ] {
            let json = MemberJson::text_of(&member).expect("JSON");
            for (mark, leaving) in [('0', false), ('1', true)] {
                let value = format!("{} {mark} {json}", "0".repeat(32));
                let record = parse(member.id(), &value).expect("a site");
                assert_eq!((&record.member, record.leaving), (&member, leaving));
            }
        }
    }

    #[test]
    fn what_is_no_site_is_refused_and_not_shown_whole() {
        let id = "a".parse().expect("an id");
        let long = format!(
            "s 0 {{\"origin\":\"http://{}\",\"weight\":1}}",
            "x".repeat(5_000)
        );
        for value in [
            "",
            "s",
            "s 0",
            "s 2 {}",
            "s 0 {}",
            "s 0 {\"origin\":1}",
            &long,
        ] {
            let error = parse(&id, value).expect_err(value).to_string();
            assert!(error.len() < 300, "{error}");
        }
        for (origin, weight) in [("no origin", "1"), ("http://a", "0"), ("http://a", "1e9")] {
            let value = format!("s 0 {{\"origin\":\"{origin}\",\"weight\":{weight}}}");
            parse(&id, &value).expect_err(&value);
        }
    }

    #[test]
    fn a_site_that_others_could_not_read_is_not_written() {
        let member = Member::new("a", "http://a").expect("a site");
        let member = member.in_datacenter("x".repeat(5_000)).expect("a name");
        let error = MemberJson::text_of(&member).expect_err("5 KB").to_string();
        assert!(
            error.contains("too many bytes") && error.len() < 300,
            "{error}"
        );
    }
}
