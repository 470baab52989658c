//! What is wrong with settings is said when the client is built, by name.

use tower_muster_client::{ClientBuilder, ConfigError, Tls};

use crate::{authority::Authority, chain, files::Folder};

/// What the settings fail with, if they do.
fn failure(tls: Tls) -> Option<ConfigError> {
    ClientBuilder::new().tls(tls).connector().err()
}

const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const NO_KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

/// Holds settings to what they fail with when the client is built.
fn check<const N: usize>(table: [(Tls, &str); N]) {
    for (settings, wanted) in table {
        let error = failure(settings).expect(wanted);
        let said = chain(&error);
        assert!(said.starts_with("tls: "), "{said}");
        assert!(said.contains(wanted), "{said}, not {wanted}");
    }
}

#[test]
fn roots_that_cannot_be_used_are_refused_by_name() {
    let pair = Authority::new().issue(&["a"]);
    let certificate = pair.certificate_pem();
    let folder = Folder::new();
    let missing = folder.path("missing.pem");
    let key = folder.write("key.pem", pair.key_pem());
    let cut = &certificate[..certificate.len() / 2];
    let garbled = certificate.replace('M', "*");
    check([
        (Tls::new().ca_file(&missing), "missing.pem: cannot be read"),
        (Tls::new().ca_file(folder.path("")), "cannot be read"),
        (Tls::new().ca_file(key), "key.pem: no certificate in it"),
        (Tls::new().ca_pem(""), "ca_pem: no certificate in it"),
        (
            Tls::new().ca_pem(cut),
            "ca_pem: no PEM: a section has no end",
        ),
        (Tls::new().ca_pem(garbled), "a section is not base64"),
        (Tls::new().ca_pem(NO_CERTIFICATE), "no usable certificate"),
        // One that can be used does not hide another that cannot.
        (
            Tls::new().ca_pem(&*certificate).ca_file(missing),
            "missing.pem: cannot be read",
        ),
    ]);
}

#[test]
fn client_certificates_that_cannot_be_used_are_refused_by_name() {
    let authority = Authority::new();
    let (pair, other) = (authority.issue(&["a"]), authority.issue(&["b"]));
    let (certificate, key) = (&*pair.certificate_pem(), &*pair.key_pem());
    let folder = Folder::new();
    let missing = folder.path("missing.pem");
    let file = folder.write("client.pem", certificate);
    let others = folder.write("other.key", other.key_pem());
    let tls = || Tls::new().ca_pem(authority.pem());
    let pem = |certificate: &str, key: &str| tls().client_cert_pem(certificate, key);
    check([
        (
            tls().client_cert_file(&missing, &missing),
            "client_cert_file (certificate)",
        ),
        (
            tls().client_cert_file(&file, &missing),
            "client_cert_file (key)",
        ),
        (
            tls().client_cert_file(&file, &others),
            "other.key: not the key of the certificate of client_cert_file",
        ),
        (
            pem("", key),
            "client_cert_pem (certificate): no certificate in it",
        ),
        (
            pem(certificate, certificate),
            "client_cert_pem (key): no private key in it",
        ),
        (
            pem(certificate, NO_KEY),
            "client_cert_pem (key): no usable private key",
        ),
        (
            pem(NO_CERTIFICATE, key),
            "client_cert_pem (certificate): no usable certificate",
        ),
        (
            pem(certificate, &other.key_pem()),
            "client_cert_pem (key): not the key of the certificate",
        ),
    ]);
}

#[test]
fn names_and_logs_that_cannot_be_used_are_refused_by_name() {
    let folder = Folder::new();
    let tls = || Tls::new().danger_accept_invalid_certs();
    check([
        (tls().server_name(""), "server_name \"\""),
        (tls().server_name("a b"), "server_name \"a b\""),
        (tls().server_name("https://a"), "neither a DNS name"),
        (
            tls().key_log_file(folder.path("no/such/folder")),
            "no/such/folder: cannot be opened",
        ),
    ]);
}

#[test]
fn a_key_is_seen_neither_in_errors_nor_in_debug() {
    let authority = Authority::new();
    let pair = authority.issue(&["a"]);
    let key = pair.key_pem();
    let secret = key.lines().nth(1).unwrap();
    // A parser that shows the line that it stumbles over shows all of it.
    let in_one_line = key.replace('\n', "");
    let without_end = in_one_line.trim_end_matches('-').to_owned();
    for broken in [in_one_line, without_end] {
        assert!(broken.contains(secret));
        let tls = Tls::new()
            .ca_pem(authority.pem())
            .client_cert_pem(pair.certificate_pem(), broken);
        let settings = ClientBuilder::new().tls(tls);
        let error = settings.connector().unwrap_err();
        for said in [chain(&error), format!("{error:?}"), format!("{settings:?}")] {
            assert!(!said.contains(secret), "{said}");
            // Bytes that are shown as numbers are shown all the same.
            assert!(!said.contains("77, "), "{said}");
        }
    }
}
