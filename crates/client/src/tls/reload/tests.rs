//! When the files are read, by a clock and a reader that do as they are told.

use std::{env, fs, io, process, sync::mpsc};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;

use super::*;

/// What the observer was told.
type Told = mpsc::Receiver<Result<(), TlsError>>;

/// A pair in files of its own, which go with it.
struct Scene {
    folder: PathBuf,
    reloading: Reloading,
    told: Told,
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("tower-muster-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let files = (folder.join("client.pem"), folder.join("client.key"));
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["a client".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        fs::write(&files.0, certificate.pem()).expect("a file");
        fs::write(&files.1, key.serialize_pem()).expect("a file");
        let (tell, told) = mpsc::channel();
        let observer: Observer = Arc::new(move |result| tell.send(result).expect("a test"));
        let provider = Arc::new(ring::default_provider());
        let reloading = Reloading::new(files, provider, Some(observer)).expect("a pair");
        Self {
            folder,
            reloading,
            told,
        }
    }

    /// Looks at the files, which are then read like this; tells whether they were.
    fn check(&self, now: Instant, is_readable: bool) -> bool {
        let mut is_read = false;
        self.reloading.check(now, || {
            is_read = true;
            match is_readable {
                true => read(&self.reloading.files, &self.reloading.provider),
                false => Err(TlsError::Unreadable {
                    setting: KEY,
                    path: self.reloading.files.1.clone(),
                    source: io::Error::other("too many open files"),
                }),
            }
        });
        is_read
    }

    /// Has the key be of another length.
    fn touch(&self) {
        let key = &self.reloading.files.1;
        let text = fs::read_to_string(key).expect("a key");
        fs::write(key, format!("{text}\n")).expect("a file");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn files_that_could_not_be_read_are_read_after_a_while_although_they_are_the_same() {
    let scene = Scene::new("unreadable");
    let begun = Instant::now();
    assert!(!scene.check(begun, true), "nothing has changed");
    scene.touch();
    assert!(scene.check(begun, false));
    let told = scene.told.try_recv().expect("it is told");
    assert!(matches!(told, Err(TlsError::Unreadable { .. })), "{told:?}");
    assert_eq!(scene.reloading.generation(), 0);

    let soon = begun + UNREADABLE - Duration::from_millis(1);
    assert!(!scene.check(soon, true), "they are left alone");
    assert!(scene.check(begun + UNREADABLE, false), "once more in vain");
    assert!(scene.told.try_recv().is_err(), "it is told once");
    assert!(!scene.check(begun + UNREADABLE, true));

    assert!(scene.check(begun + 2 * UNREADABLE, true));
    assert!(scene.told.try_recv().expect("it is told").is_ok());
    assert_eq!(scene.reloading.generation(), 1);
    assert!(!scene.check(begun + 100 * UNREADABLE, true), "that is it");
}

#[test]
fn files_that_change_meanwhile_are_read_at_once() {
    let scene = Scene::new("changing");
    let begun = Instant::now();
    scene.touch();
    assert!(scene.check(begun, false));
    scene.touch();
    assert!(scene.check(begun, true));
    let told: Vec<_> = scene.told.try_iter().map(|told| told.is_ok()).collect();
    assert_eq!(told, [false, true]);
}

#[test]
fn files_that_do_not_fit_are_read_once() {
    let scene = Scene::new("misfit");
    let begun = Instant::now();
    let other = KeyPair::generate().expect("a key").serialize_pem();
    fs::write(&scene.reloading.files.1, format!("{other}\n")).expect("a file");
    assert!(scene.check(begun, true));
    let told = scene.told.try_recv().expect("it is told");
    assert!(
        matches!(told, Err(TlsError::KeyMismatch { .. })),
        "{told:?}"
    );
    assert!(!scene.check(begun + 100 * UNREADABLE, true));
}
