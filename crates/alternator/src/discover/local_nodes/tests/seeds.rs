//! Which seeds and scopes are taken at all.

use std::error::Error;

use tower_muster::{Discover, Scope, discover::Pace};

use super::SEED;
use crate::{
    LocalNodes, SeedError,
    tests::fakes::{Client, Reply},
};

fn client() -> Client {
    Client::new(|_| Reply::Status(500))
}

#[test]
fn no_seeds_are_an_error() {
    let none: [&str; 0] = [];
    let error = LocalNodes::new(client(), none).expect_err("no seeds");
    assert_eq!(error, SeedError::Empty);
    assert_eq!(error.to_string(), "seeds: the list is empty");
}

#[test]
fn a_seed_that_is_no_address_is_named() {
    for seed in [
        "",
        "10.0.0.1:8000",
        "10.0.0.1",
        "ftp://10.0.0.1",
        "http://",
        "http://10.0.0.1:0",
        "http://10.0.0.1:99999",
        "http://10.0.0.1/path",
        "http://10.0.0.1?dc=dc1",
        "http://2001:db8::1:8000",
        "http://10.0.0.1 ",
    ] {
        let error = LocalNodes::new(client(), [SEED, seed]).expect_err("a bad seed");
        assert!(matches!(error, SeedError::Origin(_)), "{error:?}");
        assert!(error.to_string().starts_with("seeds:"), "{error}");
        let cause = error.source().expect("a cause").to_string();
        assert!(
            cause.contains(&format!("{seed:?}")),
            "{cause} names {seed:?}"
        );
    }
}

#[test]
fn a_password_in_a_seed_is_not_told() {
    let seed = "http://user:secret@10.0.0.1:8000";
    let error = LocalNodes::new(client(), [seed]).expect_err("a bad seed");
    let told = format!("{error:?} {error} {}", error.source().expect("a cause"));
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn https_seeds_are_taken_for_the_client_to_reach() {
    LocalNodes::new(client(), ["https://node.example:8043"]).expect("seeds");
}

#[test]
fn a_scope_without_a_name_is_an_error_that_names_the_field() {
    for (scope, field) in [
        (Scope::datacenter(""), "datacenter"),
        (Scope::datacenter(" \t"), "datacenter"),
        (Scope::rack("dc1", ""), "rack"),
        (Scope::rack("", "rack1"), "datacenter"),
        (Scope::rack("dc1", "rack1").or_rack("dc1", ""), "rack"),
        (Scope::rack("dc1", "rack1").or_datacenter(""), "datacenter"),
    ] {
        let source = LocalNodes::new(client(), [SEED]).expect("seeds");
        let error = source.scope(scope.clone()).expect_err("no name");
        assert_eq!(error.field(), field, "{scope:?}");
    }
}

#[test]
fn the_pace_is_what_was_set() {
    let pace = Pace::new(
        std::time::Duration::from_secs(2),
        std::time::Duration::from_secs(3),
    );
    let pace = pace.expect("a pace");
    let source = LocalNodes::new(client(), [SEED]).expect("seeds");
    assert_eq!(Discover::pace(&source), Pace::default());
    assert_eq!(Discover::pace(&source.pace(pace)), pace);
}
