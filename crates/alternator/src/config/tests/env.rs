//! What the environment says.

use std::{collections::HashMap, error::Error};

use crate::{Config, EnvError, ParameterError, UrlError};

fn from(variables: &[(&str, &str)]) -> Result<Config, EnvError> {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    Config::from_variables(|name| Ok(variables.get(name).map(|value| (*value).to_owned())))
}

const URL: (&str, &str) = ("ALTERNATOR_URL", "alternator://10.0.0.1/");

#[test]
fn the_url_may_say_everything() {
    let config = from(&[(
        "ALTERNATOR_URL",
        "alternator://k:s@10.0.0.1/?dc=dc1&deadline=3s",
    )]);
    let shown = format!("{:?}", config.expect("a configuration"));
    for part in [
        "http://10.0.0.1:8000",
        "dc1",
        "signs: true",
        "deadline: Some(3s)",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn variables_add_what_the_url_leaves_out() {
    let config = from(&[
        URL,
        ("ALTERNATOR_ACCESS_KEY_ID", "key"),
        ("ALTERNATOR_SECRET_ACCESS_KEY", "$6$as/it=is"),
        ("ALTERNATOR_DC", "dc1"),
        ("ALTERNATOR_RACK", "rack 1"),
        ("ALTERNATOR_ATTEMPT_TIMEOUT", "300ms"),
        ("ALTERNATOR_SERVICE_HOST", "an orchestrator's"),
    ]);
    let shown = format!("{:?}", config.expect("a configuration"));
    for part in ["rack 1", "signs: true", "attempt_timeout: Some(300ms)"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("as/it"), "{shown}");
}

#[test]
fn what_is_wrong_is_named() {
    let key = ("ALTERNATOR_ACCESS_KEY_ID", "key");
    let secret = ("ALTERNATOR_SECRET_ACCESS_KEY", "the-secret");
    let with_user = ("ALTERNATOR_URL", "alternator://k:the-secret@10.0.0.1/?dc=a");
    let missing = |name| EnvError::Missing(name);
    for (variables, expected) in [
        (&[][..], missing("ALTERNATOR_URL")),
        (&[URL, key], missing("ALTERNATOR_SECRET_ACCESS_KEY")),
        (&[URL, secret], missing("ALTERNATOR_ACCESS_KEY_ID")),
        (
            &[URL, ("ALTERNATOR_ACCESS_KEY_ID", ""), secret],
            missing("ALTERNATOR_ACCESS_KEY_ID"),
        ),
        (&[with_user, key, secret], EnvError::CredentialsTwice),
        (
            &[("ALTERNATOR_URL", "http://10.0.0.1")],
            EnvError::Url(UrlError::Scheme),
        ),
        (
            &[with_user, ("ALTERNATOR_DC", "b")],
            EnvError::Parameter(ParameterError::Twice("dc")),
        ),
        (
            &[URL, ("ALTERNATOR_RACK", "r")],
            EnvError::Parameter(ParameterError::Needs("rack", "dc")),
        ),
    ] {
        let error = from(variables).expect_err("an error");
        assert_eq!(error, expected);
        let source = error.source().map(ToString::to_string);
        let told = format!("{error} {error:?} {source:?}");
        assert!(!told.contains("the-secret"), "{told}");
    }
}

#[test]
fn the_environment_of_a_test_has_no_cluster() {
    assert_eq!(
        Config::from_env().expect_err("no variable"),
        EnvError::Missing("ALTERNATOR_URL")
    );
}
