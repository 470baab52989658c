//! Whatever is signed stays as it is.

use http::{HeaderMap, HeaderName, HeaderValue, Version};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

use crate::headers::{HeadersLayer, Trim, UserAgent};

const NAMES: [&str; 12] = [
    "accept",
    "accept-encoding",
    "amz-sdk-request",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-amz-date",
    "x-amz-target",
    "x-amz-user-agent",
    "x-mine",
];

fn settings() -> impl Strategy<Value = HeadersLayer> {
    let keeping = Trim::needed().keeping(["accept"]).expect("a name");
    let trim = select(vec![Trim::off(), Trim::spec(), Trim::needed(), keeping]);
    let agent = (0..5_u8).prop_map(|rule| match rule {
        0 => UserAgent::default(),
        1 => UserAgent::none(),
        2 => UserAgent::keep(),
        3 => UserAgent::transform(|_| None),
        _ => UserAgent::transform(|_| Some(HeaderValue::from_static("other"))),
    });
    (trim, agent)
        .prop_map(|(trim, agent)| HeadersLayer::after_signing().trim(trim).user_agent(agent))
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a HeaderValue> {
    headers.get_all(name).iter().collect()
}

proptest! {
    #[test]
    fn no_signed_header_is_ever_changed(
        layer in settings(),
        lines in vec((select(&NAMES[..]), "[a-z]{0,8}"), 0..20),
        signed in subsequence(&NAMES[..], 0..NAMES.len()),
        separator in select(vec![", ", ",", " ", ",  "]),
        version in select(vec![Version::HTTP_11, Version::HTTP_2]),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::try_from(value).expect("letters");
            headers.append(HeaderName::from_static(name), value);
        }
        let names = signed.join(";");
        let items = ["Credential=c", &format!("SignedHeaders={names}"), "Signature=s"];
        let authorization = format!("AWS4-HMAC-SHA256 {}", items.join(separator));
        let authorization = HeaderValue::try_from(authorization).expect("text");
        headers.insert("authorization", authorization);
        let before = headers.clone();
        layer.apply(&mut headers, version);
        for name in signed.into_iter().chain(["authorization", "x-amz-date"]) {
            prop_assert_eq!(values(&headers, name), values(&before, name), "{}", name);
        }
    }
}
