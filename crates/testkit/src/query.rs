//! The query string of a request: `dc=dc1&rack=rack+1`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Parameters in the order they came.
#[derive(Debug)]
pub(crate) struct Query<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(text: Option<&'a str>) -> Self {
        let pairs = text
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        let parameters = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self {
            parameters: parameters.collect(),
        }
    }

    /// Of a key that is repeated the last one counts, and an empty one is none:
    /// Seastar's `request::query_parameters` is a map that is written in order.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().rev().find(|(key, _)| key == name);
        found
            .map(|(_, value)| &**value)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| &**name)
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('+') {
        return percent_decode_str(text).decode_utf8_lossy();
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_the_last_of_a_key_counts() {
        let query = Query::parse(Some("dc=a%20b&rack=r+1&dc=c%2Bd&x"));
        assert_eq!(query.get("dc"), Some("c+d"));
        assert_eq!(query.get("rack"), Some("r 1"));
        assert_eq!(query.get("x"), None);
        assert_eq!(query.names().collect::<Vec<_>>(), ["dc", "rack", "dc", "x"]);
    }

    #[test]
    fn an_empty_value_is_none() {
        assert_eq!(Query::parse(Some("dc=dc1&dc=")).get("dc"), None);
        assert_eq!(Query::parse(None).get("dc"), None);
    }
}
