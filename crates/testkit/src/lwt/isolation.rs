//! Which writes are lightweight transactions: `alternator_write_isolation`.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// Which writes a table makes lightweight transactions.
///
/// The cluster has one for all tables, and a table's tag
/// `system:write_isolation` goes before it, as in ScyllaDB's
/// `docs/alternator/new-apis.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteIsolation {
    /// Every write is one: `always`, `always_use_lwt`, `a`.
    Always,
    /// Those that read first are: `only_rmw_uses_lwt`, `only_rmw`, `o`; the default.
    #[default]
    OnlyRmw,
    /// None is, and those that would read first are refused: `forbid_rmw`, `f`.
    ForbidRmw,
    /// None is, and those that read first race: `unsafe_rmw`, `unsafe`, `u`.
    UnsafeRmw,
}

/// A write isolation that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWriteIsolation {
    text: String,
}

impl FromStr for WriteIsolation {
    type Err = UnknownWriteIsolation;

    fn from_str(text: &str) -> Result<Self, UnknownWriteIsolation> {
        match text {
            "a" | "always" | "always_use_lwt" => Ok(Self::Always),
            "o" | "only_rmw" | "only_rmw_uses_lwt" => Ok(Self::OnlyRmw),
            "f" | "forbid" | "forbid_rmw" => Ok(Self::ForbidRmw),
            "u" | "unsafe" | "unsafe_rmw" => Ok(Self::UnsafeRmw),
            unknown => Err(UnknownWriteIsolation {
                text: unknown.to_owned(),
            }),
        }
    }
}

impl fmt::Display for UnknownWriteIsolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        write!(
            f,
            "write isolation {text:?} is none of always, only_rmw, forbid_rmw, unsafe_rmw"
        )
    }
}

impl Error for UnknownWriteIsolation {}
