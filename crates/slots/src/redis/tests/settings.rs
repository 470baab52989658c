//! What can be wrong before anything is sent.

use super::*;

#[test]
fn places_that_cannot_be_are_refused_by_field_and_value() {
    let many: Vec<_> = (0..65).map(|i| format!("redis://host-{i}")).collect();
    let none: [&str; 0] = [];
    let cases = [
        (Redis::at("host:6379"), r#"url is "...""#),
        (Redis::at("redis://host:99999"), r#"url is "redis://...""#),
        (Redis::at("redis://host/x"), r#"url is "redis://host""#),
        (
            Redis::at("redis://someone@host"),
            r#"url is "redis://host", and must have a password"#,
        ),
        (Redis::sentinel("", ["redis://host"]), r#"sentinel is """#),
        (
            Redis::sentinel("a b", ["redis://host"]),
            r#"sentinel is "a b""#,
        ),
        (
            Redis::sentinel("a", none),
            r#"urls is "0", and must be at least one"#,
        ),
        (
            Redis::cluster(&many),
            r#"urls is "65", and must be at most 64"#,
        ),
        (
            Redis::cluster(["redis://a", "redis://:p@b"]),
            r#"urls is "b:6379""#,
        ),
        (
            Redis::cluster(["redis://a/1"]),
            r#"database is "1", and must be 0"#,
        ),
    ];
    for (redis, expected) in cases {
        let error = redis.expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn no_password_is_shown() {
    let redis = at("redis://user:s3cret@host").authenticated("other", "t0psecret");
    let watched = Redis::sentinel("m", ["redis://:s3cret@host"]).expect("a place");
    let shown = format!("{redis:?} {:?}", watched.password("t0psecret"));
    assert!(
        !shown.contains("s3cret") && !shown.contains("t0psecret"),
        "{shown}"
    );
    assert!(shown.contains("other"), "{shown}");
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_without_the_feature_is_refused() {
    let error = Redis::at("rediss://host").expect_err("no TLS").to_string();
    assert!(error.contains("needs the feature `tls`"), "{error}");
}
