//! The log of secrets.

use std::{
    collections::BTreeSet,
    env, fs,
    process::Command,
    sync::{Arc, Mutex},
};

use rustls::KeyLog;
use tower_muster_client::{ClientBuilder, Tls};

use crate::{
    authority::Authority,
    child, client,
    files::Folder,
    get,
    server::{ONLY_1_2, ONLY_1_3, Server, Setup, Versions},
    tap::Tap,
};

/// What the node says that the secrets are.
#[derive(Debug, Default)]
struct Witness(Mutex<Vec<String>>);

impl KeyLog for Witness {
    fn log(&self, label: &str, random: &[u8], secret: &[u8]) {
        // Of what clients send before the handshake is over, which ours never do.
        if label == "CLIENT_EARLY_TRAFFIC_SECRET" {
            return;
        }
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        let line = format!("{label} {} {}", hex(random), hex(secret));
        self.0.lock().unwrap().push(line);
    }
}

async fn start(authority: &Authority, versions: Versions, witness: &Arc<Witness>) -> Server {
    let setup = Setup {
        versions,
        key_log: Some(Arc::clone(witness) as _),
        ..Setup::default()
    };
    setup.start(&authority.issue(&["127.0.0.1"])).await
}

fn sorted(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

#[tokio::test]
async fn the_log_has_every_connections_secrets_as_the_node_knows_them() {
    let authority = Authority::new();
    let folder = Folder::new();
    let path = folder.write("keys.log", "# what stood there before\n");
    let witness = Arc::new(Witness::default());
    let tls = Tls::new().ca_pem(authority.pem()).key_log_file(&path);
    let client = client(tls);
    let mut length = fs::metadata(&path).unwrap().len();
    for versions in [&ONLY_1_2, &ONLY_1_3] {
        let server = start(&authority, versions, &witness).await;
        for _ in 0..3 {
            get(&client, server.uri()).await.unwrap();
            let now = fs::metadata(&path).unwrap().len();
            assert!(now > length, "each connection adds to it");
            length = now;
        }
    }
    let text = fs::read_to_string(&path).unwrap();
    let ours = text.strip_prefix("# what stood there before\n").unwrap();
    let theirs = witness.0.lock().unwrap().join("\n");
    assert_eq!(sorted(ours), sorted(&theirs));
}

#[cfg(unix)]
#[test]
fn a_new_log_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.path("keys.log");
    let tls = Tls::new().ca_pem(Authority::new().pem());
    let settings = ClientBuilder::new().tls(tls.key_log_file(&path));
    settings.connector().unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_environments_log_is_written_if_it_is_asked_for() {
    if !child::is_child() {
        let folder = Folder::new();
        let test = "key_log::the_environments_log_is_written_if_it_is_asked_for";
        child::run(test, "SSLKEYLOGFILE", folder.path("keys.log"));
        assert!(fs::exists(folder.path("keys.log")).unwrap());
        return;
    }
    let path = env::var_os("SSLKEYLOGFILE").unwrap();
    let connector = |tls: Tls| ClientBuilder::new().tls(tls).connector();
    let tls = Tls::new().ca_pem(Authority::new().pem());
    connector(tls.clone()).unwrap();
    assert!(!fs::exists(&path).unwrap(), "nobody asked for it");
    connector(tls.key_log_env()).unwrap();
    assert!(fs::exists(&path).unwrap());
}

#[tokio::test]
async fn tshark_reads_the_traffic_with_the_log() {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return;
    }
    for versions in [&ONLY_1_2, &ONLY_1_3] {
        let authority = Authority::new();
        let folder = Folder::new();
        let keys = folder.path("keys.log");
        let server = start(&authority, versions, &Arc::default()).await;
        let tap = Tap::start(server.address()).await;
        let client = client(Tls::new().ca_pem(authority.pem()).key_log_file(&keys));
        get(&client, tap.uri()).await.unwrap();
        let capture = folder.write("traffic.pcap", tap.capture());
        let read = |keys: &str| {
            let output = Command::new("tshark")
                .arg("-r")
                .arg(&capture)
                .args(["-o", &format!("tls.keylog_file:{keys}")])
                .args(["-d", &format!("tcp.port=={},tls", tap.port())])
                .args(["-q", "-z", "follow,tls,ascii,0"])
                .output()
                .unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let with = read(keys.to_str().unwrap());
        assert!(with.contains("served by HTTP/1.1"), "{with}");
        let without = read("");
        assert!(!without.contains("served by HTTP/1.1"), "{without}");
    }
}
