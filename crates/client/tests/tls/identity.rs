//! The client's own certificate.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    sync::Arc,
};

use rustls::{crypto::ring, sign::SingleCertAndKey};
use tokio::sync::mpsc;
use tower_muster_client::{Tls, TlsError};

use crate::{
    authority::{Authority, Pair},
    chain, client,
    files::Folder,
    get,
    server::{ONLY_1_2, ONLY_1_3, Server, Setup},
};

const HERE: &[&str] = &["127.0.0.1"];

async fn asking(authority: &Authority) -> (Server, Tls) {
    let server = Setup::asking(authority).start(&authority.issue(HERE)).await;
    (server, Tls::new().ca_pem(authority.pem()))
}

fn write(folder: &Folder, pair: &Pair) -> (std::path::PathBuf, std::path::PathBuf) {
    (
        folder.write("client.pem", pair.certificate_pem()),
        folder.write("client.key", pair.key_pem()),
    )
}

#[tokio::test]
async fn a_node_that_asks_for_a_certificate_sees_the_clients() {
    let authority = Authority::new();
    let (mut server, tls) = asking(&authority).await;
    let pair = authority.issue(&["a client"]);
    let folder = Folder::new();
    let (certificate, key) = write(&folder, &pair);
    let certified = rustls::sign::CertifiedKey::from_der(
        vec![pair.certificate()],
        pair.key(),
        &ring::default_provider(),
    );
    let resolver = Arc::new(SingleCertAndKey::from(certified.unwrap()));
    for tls in [
        tls.clone()
            .client_cert_pem(pair.certificate_pem(), pair.key_pem()),
        tls.clone().client_cert_file(certificate, key),
        tls.client_cert_resolver(resolver),
    ] {
        get(&client(tls), server.uri()).await.unwrap();
        assert_eq!(server.seen().await.client, Some(pair.certificate()));
    }
}

#[tokio::test]
async fn a_node_refuses_clients_without_a_certificate_or_with_anothers() {
    let (authority, other) = (Authority::new(), Authority::new());
    for versions in [&ONLY_1_2, &ONLY_1_3] {
        let mut setup = Setup::asking(&authority);
        setup.versions = versions;
        let server = setup.start(&authority.issue(HERE)).await;
        let tls = Tls::new().ca_pem(authority.pem());
        let error = get(&client(tls.clone()), server.uri()).await.unwrap_err();
        assert!(chain(&error).contains("alert"), "{}", chain(&error));
        let pair = other.issue(&["a client"]);
        let tls = tls.client_cert_pem(pair.certificate_pem(), pair.key_pem());
        let error = get(&client(tls), server.uri()).await.unwrap_err();
        assert!(chain(&error).contains("alert"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_certificate_that_changed_is_shown_to_the_next_connection() {
    let authority = Authority::new();
    let (mut server, tls) = asking(&authority).await;
    let folder = Folder::new();
    let first = authority.issue(&["the first client"]);
    let (certificate, key) = write(&folder, &first);
    let (told, mut reloads) = mpsc::unbounded_channel();
    let tls = tls
        .client_cert_file(certificate, key)
        .on_client_cert_reload(move |result| told.send(result).unwrap());
    let client = client(tls);
    for _ in 0..2 {
        get(&client, server.uri()).await.unwrap();
        assert_eq!(server.seen().await.client, Some(first.certificate()));
    }
    // Of another length, whatever the file system's clock says.
    let second = authority.issue(&["the second client, whose name is longer"]);
    write(&folder, &second);
    get(&client, server.uri()).await.unwrap();
    assert_eq!(
        server.seen().await.client,
        Some(second.certificate()),
        "no session of the old certificate is resumed"
    );
    assert!(reloads.recv().await.unwrap().is_ok());
    assert!(reloads.try_recv().is_err(), "told once");
}

#[cfg(unix)]
/// Puts another file in a file's place that has its length and time, as a copy that keeps times may.
fn replace_alike(path: &Path, text: &str) {
    let old = fs::metadata(path).unwrap();
    let beside = path.with_extension("new");
    let mut file = File::create(&beside).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let padding = usize::try_from(old.len()).unwrap() - text.len();
    file.write_all(&vec![b'\n'; padding]).unwrap();
    file.set_modified(old.modified().unwrap()).unwrap();
    drop(file);
    fs::rename(beside, path).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_pair_of_the_same_length_and_time_is_seen_to_be_another() {
    let authority = Authority::new();
    let (mut server, tls) = asking(&authority).await;
    let folder = Folder::new();
    let first = authority.issue(&["the first client, whose name is longer"]);
    let certificate = folder.write("client.pem", first.certificate_pem());
    // A key in PEM may be followed by anything.
    let key = folder.write("client.key", format!("{}\n\n\n\n", first.key_pem()));
    let client = client(tls.client_cert_file(&certificate, &key));
    get(&client, server.uri()).await.unwrap();
    assert_eq!(server.seen().await.client, Some(first.certificate()));

    let second = authority.issue(&["a client"]);
    let before = [&certificate, &key].map(|path| fs::metadata(path).unwrap());
    replace_alike(&certificate, &second.certificate_pem());
    replace_alike(&key, &second.key_pem());
    let after = [&certificate, &key].map(|path| fs::metadata(path).unwrap());
    for (before, after) in before.iter().zip(after) {
        let stamp = |file: &fs::Metadata| (file.len(), file.modified().unwrap());
        assert_eq!(stamp(before), stamp(&after));
    }

    get(&client, server.uri()).await.unwrap();
    assert_eq!(server.seen().await.client, Some(second.certificate()));
}

#[tokio::test]
async fn bad_files_leave_the_old_certificate_and_are_told_once() {
    let authority = Authority::new();
    let (mut server, tls) = asking(&authority).await;
    let folder = Folder::new();
    let first = authority.issue(&["a client"]);
    let (certificate, key) = write(&folder, &first);
    let (told, mut reloads) = mpsc::unbounded_channel();
    let tls = tls
        .client_cert_file(&certificate, key)
        .on_client_cert_reload(move |result| told.send(result).unwrap());
    let client = client(tls);

    // Half of a renewal: the certificate is there, its key is still to come.
    let second = authority.issue(&["a client, renewed"]);
    folder.write("client.pem", second.certificate_pem());
    for _ in 0..2 {
        get(&client, server.uri()).await.unwrap();
        assert_eq!(server.seen().await.client, Some(first.certificate()));
    }
    let told = reloads.recv().await.unwrap().unwrap_err();
    assert!(matches!(told, TlsError::KeyMismatch { .. }), "{told:?}");
    assert!(reloads.try_recv().is_err(), "told once");

    fs::remove_file(&certificate).unwrap();
    get(&client, server.uri()).await.unwrap();
    assert_eq!(server.seen().await.client, Some(first.certificate()));
    let told = reloads.recv().await.unwrap().unwrap_err();
    assert!(matches!(told, TlsError::Unreadable { .. }), "{told:?}");

    write(&folder, &second);
    get(&client, server.uri()).await.unwrap();
    assert_eq!(server.seen().await.client, Some(second.certificate()));
    assert!(reloads.recv().await.unwrap().is_ok());
}
