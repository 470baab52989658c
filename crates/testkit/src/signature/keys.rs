//! Who may call, and what each node remembers of it.
//!
//! `alternator/auth.cc`, `alternator/server.cc` (`_key_cache`): a node keeps a key
//! for a minute, and forgets it when a signature is wrong. So after a change of
//! secret the first request with the new one can fail, and the old one can go on
//! working for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use time::{Duration, OffsetDateTime};

use crate::sync::lock;

/// How long a node trusts what it remembers.
const TRUSTED: Duration = Duration::MINUTE;

/// Who may call, by access key id: the roles of the database.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    roles: HashMap<String, Role>,
}

/// What a role has to sign with.
#[derive(Clone)]
pub(crate) enum Role {
    Secret(String),
    /// It has `login=false`.
    NoLogin,
    NoPassword,
}

impl Role {
    fn secret(&self, access_key: &str) -> Result<&str, String> {
        match self {
            Self::Secret(secret) => Ok(secret),
            Self::NoLogin => Err(format!(
                "Role {access_key} has login=false so cannot be used for login"
            )),
            Self::NoPassword => Err(format!("No password found for user: {access_key}")),
        }
    }
}

impl Credentials {
    pub(crate) fn insert(&mut self, access_key: String, role: Role) {
        self.roles.insert(access_key, role);
    }

    /// Changes a secret; false if nobody has the access key.
    pub(crate) fn change(&mut self, access_key: &str, secret: String) -> bool {
        let known = self.roles.get_mut(access_key);
        known.map(|known| *known = Role::Secret(secret)).is_some()
    }

    /// Nobody is named, so nothing is verified.
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.roles.keys()).finish()
    }
}

/// The keys that one node remembers.
#[derive(Default)]
pub(crate) struct KeyCache {
    keys: Mutex<HashMap<String, (String, OffsetDateTime)>>,
}

impl KeyCache {
    /// The secret as this node knows it, asked for anew after a minute; or why there is none.
    pub(super) fn secret(
        &self,
        access_key: &str,
        credentials: &Mutex<Credentials>,
        now: OffsetDateTime,
    ) -> Result<String, String> {
        let mut keys = lock(&self.keys);
        // A clock that was set back makes what was learned later old too.
        let fresh = |learned: OffsetDateTime| (now - learned).abs() <= TRUSTED;
        if let Some((secret, learned)) = keys.get(access_key)
            && fresh(*learned)
        {
            return Ok(secret.clone());
        }
        let credentials = lock(credentials);
        let role = credentials.roles.get(access_key);
        let role = role.ok_or_else(|| format!("User not found: {access_key}"))?;
        let secret = role.secret(access_key)?.to_owned();
        keys.insert(access_key.to_owned(), (secret.clone(), now));
        Ok(secret)
    }

    pub(super) fn forget(&self, access_key: &str) {
        lock(&self.keys).remove(access_key);
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(lock(&self.keys).keys()).finish()
    }
}
