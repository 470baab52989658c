//! One Lua script, run by its hash.

use std::sync::OnceLock;

use redis::Cmd;

/// One Lua script, run by its hash; it is sent whole only to a server that does not have it.
#[derive(Debug)]
pub(crate) struct Script {
    name: &'static str,
    source: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    /// Makes a script, under the name by which errors speak of it.
    pub(crate) const fn new(name: &'static str, source: &'static str) -> Self {
        let hash = OnceLock::new();
        Self { name, source, hash }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The command that runs it by its hash.
    pub(super) fn by_hash(&self, keys: &[&str], args: &[impl AsRef<[u8]>]) -> Cmd {
        let hash = self.hash.get_or_init(|| {
            let script = redis::Script::new(self.source);
            script.get_hash().to_owned()
        });
        let mut command = redis::cmd("EVALSHA");
        command.arg(hash).arg(keys.len()).arg(keys);
        for arg in args {
            command.arg(arg.as_ref());
        }
        command
    }

    /// The command after which the server has it until it is restarted, or told to forget it.
    pub(super) fn load(&self) -> Cmd {
        let mut command = redis::cmd("SCRIPT");
        command.arg("LOAD").arg(self.source);
        command
    }
}
