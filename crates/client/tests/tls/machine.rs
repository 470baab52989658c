//! The roots that the machine trusts, which `SSL_CERT_FILE` takes the place of.

use tower_muster_client::{Tls, TlsError};

use crate::{authority::Authority, chain, child, client, files::Folder, get, server::Server};

const VARIABLE: &str = "SSL_CERT_FILE";

#[tokio::test]
async fn the_machines_roots_are_trusted_unless_a_private_one_takes_their_place() {
    if !child::is_child() {
        let folder = Folder::new();
        let test = "machine::the_machines_roots_are_trusted_unless_a_private_one_takes_their_place";
        let authority = Authority::named("the machine's");
        return child::run(test, VARIABLE, folder.write("roots.pem", authority.pem()));
    }
    // The machine's authority has left only its certificate. Here signs another of its name, so that one who
    // trusts it sees a bad signature, and one who does not know it an issuer that is unknown.
    let of_machine = Server::start(&Authority::named("the machine's").issue(&["127.0.0.1"])).await;
    let private = Authority::named("a private one");
    let of_private = Server::start(&private.issue(&["127.0.0.1"])).await;
    let alone = Tls::new().ca_pem(private.pem());
    for (tls, machine, cluster) in [
        (Tls::new(), "BadSignature", Some("UnknownIssuer")),
        (alone.clone(), "UnknownIssuer", None),
        (alone.platform_roots(), "BadSignature", None),
    ] {
        let client = client(tls);
        let error = get(&client, of_machine.uri()).await.unwrap_err();
        assert!(chain(&error).contains(machine), "{}", chain(&error));
        match (get(&client, of_private.uri()).await, cluster) {
            (Ok(_), None) => {}
            (Err(error), Some(cluster)) => assert!(chain(&error).contains(cluster)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_machine_that_trusts_nobody_is_told() {
    if !child::is_child() {
        let folder = Folder::new();
        let test = "machine::a_machine_that_trusts_nobody_is_told";
        return child::run(test, VARIABLE, folder.path("no-such-file.pem"));
    }
    let error = Tls::new().client_config().unwrap_err();
    let TlsError::NoPlatformRoots { source, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(source.is_some());
}
