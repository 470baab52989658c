//! What a URL says, and what it cannot say.

use std::error::Error;

use proptest::prelude::*;

use crate::{Config, ConfigError, ParameterError, UrlError};

fn shown(url: &str) -> String {
    let config: Config = url
        .parse()
        .unwrap_or_else(|error| panic!("{url}: {error:?}"));
    format!("{config:?}")
}

fn error(url: &str) -> UrlError {
    url.parse::<Config>().expect_err(url)
}

fn story(error: &dyn Error) -> String {
    let source = error.source().map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn hosts_are_seeds_with_the_usual_port() {
    for (url, seeds) in [
        (
            "alternator://10.0.0.1",
            r#"Seeds(["http://10.0.0.1:8000"])"#,
        ),
        (
            "alternator://10.0.0.1/",
            r#"Seeds(["http://10.0.0.1:8000"])"#,
        ),
        (
            "alternator://node.example:80?",
            r#"Seeds(["http://node.example"])"#,
        ),
        (
            "alternators://node.example",
            r#"Seeds(["https://node.example:8043"])"#,
        ),
        (
            "alternator://10.0.0.1:9000,[::1],[::1]:81/?",
            r#"Seeds(["http://10.0.0.1:9000", "http://[::1]:8000", "http://[::1]:81"])"#,
        ),
    ] {
        assert!(shown(url).contains(seeds), "{url}: {}", shown(url));
    }
}

#[test]
fn a_scope_is_a_datacenter_a_rack_and_a_fallback() {
    let rack = r#"Rack { datacenter: "dc1", rack: "r1" }"#;
    let dc = r#"Datacenter { datacenter: "dc1" }"#;
    for (query, places) in [
        ("", "[Cluster]".to_owned()),
        ("dc=dc1", format!("[{dc}]")),
        ("dc=dc1&fallback=none", format!("[{dc}]")),
        ("dc=dc1&fallback=cluster", format!("[{dc}, Cluster]")),
        ("rack=r1&dc=dc1", format!("[{rack}, {dc}]")),
        ("dc=dc1&rack=r1&fallback=dc", format!("[{rack}, {dc}]")),
        ("dc=dc1&rack=r1&fallback=none", format!("[{rack}]")),
        (
            "dc=dc1&rack=r1&fallback=cluster",
            format!("[{rack}, {dc}, Cluster]"),
        ),
    ] {
        let shown = shown(&format!("alternator://10.0.0.1/?{query}"));
        assert!(shown.contains(&places), "{query}: {shown}");
    }
    let quoted = shown("alternator://10.0.0.1/?dc=a%22b%26c&rack=%C3%A9+1");
    assert!(
        quoted.contains(r#"datacenter: "a\"b&c", rack: "é+1""#),
        "{quoted}"
    );
}

#[test]
fn every_parameter_is_applied() {
    let url = "alternator://10.0.0.1/?region=eu-1&hedge=on&discovery=system-tables&attempts=7\
               &attempt_timeout=250ms&deadline=9s&connect_timeout=400ms&body_timeout=3s\
               &affinity=any-write&trim=needed&compress=deflate&accept=gzip+deflate";
    for part in [
        r#"region: "eu-1""#,
        "hedge: Some(",
        "system_tables: true",
        "max_attempts: 7",
        "attempt_timeout: Some(250ms)",
        "deadline: Some(9s)",
        "connect_timeout: 400ms",
        "body_timeout: Some(3s)",
        "affinity: Some(AnyWrite)",
        "trim: Trim { list: Needed",
        "requests: RequestCompression { encoding: Some(Deflate)",
        "responses: ResponseCompression { wanted: [Some(Gzip), Some(Deflate)]",
    ] {
        assert!(shown(url).contains(part), "{part} in {}", shown(url));
    }
    let off = shown("alternator://10.0.0.1/?hedge=off&discovery=localnodes&&");
    assert!(off.contains("hedge: None") && off.contains("system_tables: false"));
}

#[test]
fn credentials_are_decoded_and_never_shown() {
    let url = "alternator://the-key:%246%24the%2Fsecret%40@10.0.0.1/";
    let shown = shown(url);
    assert!(
        shown.contains("signs: true") && !shown.contains("the"),
        "{shown}"
    );
    assert!(!super::super::tests::url::shown("alternator://10.0.0.1").contains("signs: true"));
    for user in ["", ":", "the-key", "the-key:", ":the-secret", "the-key:%ff"] {
        let error = error(&format!("alternator://{user}@10.0.0.1/"));
        assert_eq!(error, UrlError::Credentials);
        let told = format!("{error:?} {}", story(&error));
        assert!(
            !told.contains("the-key") && !told.contains("the-secret"),
            "{told}"
        );
    }
}

#[test]
fn what_is_no_such_url_is_named() {
    for url in [
        "",
        "10.0.0.1",
        "http://10.0.0.1",
        "ALTERNATOR://10.0.0.1",
        "alternator:10.0.0.1",
    ] {
        assert_eq!(error(url), UrlError::Scheme, "{url}");
    }
    for path in ["/path", "//", "/path?dc=dc1", "/#fragment", "#fragment"] {
        assert_eq!(
            error(&format!("alternator://10.0.0.1{path}")),
            UrlError::Path,
            "{path}"
        );
    }
    assert_eq!(
        error("alternator://10.0.0.1/?dc=%ff"),
        UrlError::Encoding("dc".into())
    );
}

#[test]
fn a_parameter_that_cannot_be_used_is_named_with_its_value() {
    const TIME: &str = "a time above zero, such as 250ms or 5s";
    let parameter = |query: &str| match error(&format!("alternator://10.0.0.1/?{query}")) {
        UrlError::Parameter(error) => error,
        error => panic!("{query}: {error:?}"),
    };
    assert_eq!(
        parameter("datacenter=x"),
        ParameterError::Unknown("datacenter".into())
    );
    assert_eq!(parameter("dc=a&dc=a"), ParameterError::Twice("dc"));
    assert_eq!(parameter("rack=a"), ParameterError::Needs("rack", "dc"));
    assert_eq!(
        parameter("fallback=dc"),
        ParameterError::Needs("fallback", "dc")
    );
    for (name, value, wanted) in [
        ("fallback", "any", "none, dc or cluster"),
        ("hedge", "", "on or off"),
        ("affinity", "on", "off, read-modify-write or any-write"),
        ("trim", "all", "off, spec or needed"),
        ("compress", "zstd", "off, gzip or deflate"),
        (
            "accept",
            "br",
            "off, gzip, deflate, gzip+deflate or deflate+gzip",
        ),
        ("discovery", "dns", "localnodes or system-tables"),
        ("attempts", "0", "a number above zero"),
        ("deadline", "5", TIME),
        ("attempt_timeout", "0s", TIME),
        ("connect_timeout", "-1s", TIME),
    ] {
        let error = parameter(&format!("{name}={value}")).to_string();
        assert_eq!(
            error,
            format!("{name} is {value:?}, and has to be {wanted}")
        );
    }
}

#[test]
fn hosts_that_are_none_are_found_when_the_stack_is_built() {
    for hosts in [
        "",
        ",",
        "10.0.0.1,",
        "a b",
        "10.0.0.1:99999",
        "[::1",
        "a:b:c",
    ] {
        let config: Config = format!("alternator://{hosts}/")
            .parse()
            .expect("a configuration");
        let error = config.build().expect_err(hosts);
        assert!(matches!(error, ConfigError::Seeds(_)), "{hosts}: {error:?}");
    }
    let config: Config = "alternator://10.0.0.1/?dc="
        .parse()
        .expect("a configuration");
    assert!(
        matches!(config.build(), Err(ConfigError::Scope(_))),
        "an empty name"
    );
}

proptest! {
    #[test]
    fn whatever_is_parsed_ends_in_a_configuration_or_an_error(text in "\\PC{0,80}") {
        let _ = text.parse::<Config>();
        let _ = format!("alternator://{text}").parse::<Config>();
        let _ = format!("alternator://h/?{text}").parse::<Config>();
    }

    #[test]
    fn a_secret_is_in_no_error_and_in_nothing_that_is_shown(
        secret in "[!-~]{8,40}",
        rest in "[a-z0-9/?&=,:%]{0,40}",
    ) {
        let url = format!("alternator://key:{secret}@{rest}");
        let shown = match url.parse::<Config>() {
            Ok(config) => format!("{config:?}"),
            Err(error) => format!("{error:?} {}", story(&error)),
        };
        // A secret that ends the user info early is no secret any more: it is a host, or a path.
        prop_assume!(!secret.contains(['/', '?', '#', '@']));
        prop_assert!(!shown.contains(&secret), "{shown}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn what_is_said_of_tls_is_applied() {
    let shown = shown(
        "alternators://10.0.0.1/?ca=/etc/ca.pem&server_name=cluster.example&key_log=/tmp/keys\
         &client_cert=/etc/client.pem&client_key=/etc/client.key",
    );
    for part in [
        "/etc/ca.pem",
        "cluster.example",
        "/tmp/keys",
        "/etc/client.pem",
        "/etc/client.key",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for (query, expected) in [
        (
            "client_cert=a",
            ParameterError::Needs("client_cert", "client_key"),
        ),
        (
            "client_key=a",
            ParameterError::Needs("client_key", "client_cert"),
        ),
    ] {
        let error = error(&format!("alternators://10.0.0.1/?{query}"));
        assert_eq!(error, UrlError::Parameter(expected));
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn what_is_said_of_tls_needs_the_feature() {
    let error = error("alternators://10.0.0.1/?ca=/etc/ca.pem");
    assert_eq!(error, UrlError::Parameter(ParameterError::NeedsTls("ca")));
}
