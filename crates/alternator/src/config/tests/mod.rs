mod env;
mod url;

use std::{error::Error, time::Duration};

use aws_credential_types::Credentials;
use tower_muster::{Scope, probe::Probing};

use crate::{Alternator, Config, ConfigError};

fn good() -> Config {
    Alternator::at("http://10.0.0.1:8000")
}

fn credentials() -> Credentials {
    let token = "the-session-token".to_owned();
    Credentials::new("the-access-key", "the-secret", Some(token), None, "tests")
}

fn told(error: &ConfigError) -> String {
    let source = error.source().map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn a_stack_needs_no_more_than_a_seed() {
    good().build().expect("a stack");
    Alternator::at_any(["http://[::1]", "http://node.example:8000/"])
        .build()
        .expect("a stack");
}

#[test]
fn seeds_that_name_no_cluster_are_an_error_that_names_them() {
    let none: [&str; 0] = [];
    let error = Alternator::at_any(none).build().expect_err("no seeds");
    assert!(matches!(error, ConfigError::Seeds(_)), "{error:?}");
    assert_eq!(
        told(&error),
        "seeds: they name no cluster: seeds: the list is empty"
    );

    for seed in [
        "",
        "10.0.0.1:8000",
        "http://10.0.0.1:8000/path",
        " http://10.0.0.1",
        "ftp://a",
    ] {
        let error = Alternator::at_any(["http://10.0.0.1:8000", seed]).build();
        let error = error.expect_err("a bad seed");
        let ConfigError::Seeds(cause) = &error else {
            panic!("{error:?}")
        };
        let cause = cause.source().expect("a cause").to_string();
        assert!(
            cause.contains(&format!("{seed:?}")),
            "{cause} names {seed:?}"
        );
    }
}

#[test]
fn a_place_without_a_name_is_an_error_that_names_the_field() {
    for (config, field) in [
        (good().rack("dc1", ""), "rack"),
        (good().rack("", "rack1"), "datacenter"),
        (good().rack("dc1", " "), "rack"),
        (good().datacenter(""), "datacenter"),
        (good().scope(Scope::cluster().or_rack("dc1", "")), "rack"),
        (
            good().scope(Scope::datacenter("dc1").or_datacenter("")),
            "datacenter",
        ),
    ] {
        let error = config.build().expect_err("no name");
        let ConfigError::Scope(cause) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(cause.field(), field);
        assert!(error.to_string().starts_with("scope:"), "{error}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_seed_that_needs_tls_is_an_error_for_the_client_that_has_none() {
    for seed in ["https://10.0.0.2", "https://node.example:8043"] {
        let error = Alternator::at_any(["http://10.0.0.1:8000", seed]).build();
        let error = error.expect_err("no TLS");
        assert!(matches!(&error, ConfigError::NeedsTls { seed: named } if named == seed));
        assert!(error.to_string().contains(seed), "{error}");
    }
}

#[test]
fn a_region_that_cannot_be_signed_for_is_an_error_that_names_it() {
    for region in ["", "eu west", "eu/west"] {
        let error = good().credentials(credentials(), region).build();
        let error = error.expect_err("a bad region");
        let ConfigError::Sign(cause) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((cause.field(), cause.value()), ("region", region));
        assert!(error.to_string().starts_with("credentials:"), "{error}");
    }
}

#[test]
fn connections_that_cannot_be_kept_are_an_error_that_names_the_setting() {
    let second = Duration::from_secs(1);
    for (connections, every, field, value) in [
        (0, second, "connections", "0"),
        (129, second, "connections", "129"),
        (1, Duration::ZERO, "every", "0ns"),
    ] {
        let own = Probing::new(async |_| true);
        for config in [good(), good().probing(own)] {
            let error = config.keep_warm(connections, every).build();
            let error = error.expect_err("out of range");
            let ConfigError::Probing(cause) = &error else {
                panic!("{error:?}")
            };
            assert_eq!((cause.field(), cause.value()), (field, value));
            assert!(error.to_string().starts_with("probing:"), "{error}");
            assert!(told(&error).contains(value), "{}", told(&error));
        }
    }
    good().keep_warm(1, second).build().expect("a stack");
}

#[test]
fn connections_are_not_kept_warm_without_probes() {
    let warm = good().keep_warm(2, Duration::from_secs(30));
    let error = warm.no_probing().build().expect_err("no probes");
    assert!(matches!(error, ConfigError::WarmWithoutProbes), "{error:?}");
    assert!(error.to_string().starts_with("keep_warm:"), "{error}");
    good().no_probing().build().expect("a stack");
}

#[test]
fn nothing_that_can_be_shown_shows_a_secret() {
    let config = good().credentials(credentials(), "us-east-1");
    let shown = format!("{config:?}");
    let stack = config.build().expect("a stack");
    let bad_seed = || Alternator::at("https://user:the-password@10.0.0.1:8043");
    let error = bad_seed().build().expect_err("a seed with a password");
    for shown in [
        shown,
        format!("{stack:?}"),
        format!("{:?}", bad_seed()),
        format!("{error:?} {}", told(&error)),
    ] {
        for secret in [
            "the-access-key",
            "the-secret",
            "the-session-token",
            "the-password",
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn what_is_shown_tells_the_configuration() {
    let shown = format!("{:?}", good().rack("dc1", "rack1"));
    for part in [
        "http://10.0.0.1:8000",
        "rack1",
        "signs: false",
        "attempt_timeout: Some(1s)",
        "active_failures: 3",
        "probes: LocalNodes",
        "warm: None",
    ] {
        assert!(shown.contains(part), "{shown} has {part}");
    }
}

#[test]
fn a_time_of_nothing_is_an_error_that_names_the_field() {
    let none = Duration::ZERO;
    for (config, field) in [
        (good().attempt_timeout(none), "attempt_timeout"),
        (good().deadline(none), "deadline"),
        (good().body_timeout(Some(none)), "body_timeout"),
    ] {
        let error = config.build().expect_err("no time");
        assert_eq!(error.to_string(), format!("{field}: 0s is no time at all"));
    }
}

#[test]
fn a_client_that_cannot_be_made_is_an_error_that_names_the_setting() {
    let error = good().connect_timeout(Duration::ZERO).build();
    let error = error.expect_err("no time");
    assert!(told(&error).contains("connect_timeout"), "{error:?}");
}
