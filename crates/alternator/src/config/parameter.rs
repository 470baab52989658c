//! Settings by name and text, as URLs and environments have them.

mod tls;

use std::{borrow::Cow, error::Error, fmt, num::NonZeroU32, str::FromStr, time::Duration};

use tower_muster::{Scope, failover::Hedge};

use super::Config;
use crate::{
    affinity::Mode,
    compression::{Encoding, RequestCompression, ResponseCompression},
    headers::Trim,
};

/// The names, in the order in which they are applied.
pub(super) const NAMES: [&str; 20] = [
    "dc",
    "rack",
    "fallback",
    "region",
    "affinity",
    "trim",
    "compress",
    "accept",
    "hedge",
    "discovery",
    "attempts",
    "attempt_timeout",
    "deadline",
    "body_timeout",
    "connect_timeout",
    "ca",
    "server_name",
    "client_cert",
    "client_key",
    "key_log",
];

/// Settings that were given, each once.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    given: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> Parameters<'a> {
    pub(super) fn set(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), ParameterError> {
        let known = NAMES.into_iter().find(|known| *known == name);
        let name = known.ok_or_else(|| ParameterError::Unknown(name.to_owned()))?;
        if self.get(name).is_some() {
            return Err(ParameterError::Twice(name));
        }
        self.given.push((name, value));
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.given.iter().find(|(given, _)| *given == name)?;
        Some(value)
    }

    /// What the text of a setting says, if it was given.
    fn read<T>(
        &self,
        name: &'static str,
        wanted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ParameterError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let read = read(value).ok_or_else(|| ParameterError::Value {
            name,
            value: value.to_owned(),
            wanted,
        });
        read.map(Some)
    }

    pub(super) fn apply(&self, mut config: Config) -> Result<Config, ParameterError> {
        if let Some(scope) = self.scope()? {
            config = config.scope(scope);
        }
        if let Some(region) = self.get("region") {
            region.clone_into(&mut config.region);
        }
        config = self.apply_to_requests(config)?;
        if self.read("hedge", "on or off", on_or_off)? == Some(true) {
            config = config.hedge(Hedge::default());
        }
        let source = self.read(
            "discovery",
            "localnodes or system-tables",
            |text| match text {
                "localnodes" => Some(false),
                "system-tables" => Some(true),
                _ => None,
            },
        );
        if source? == Some(true) {
            config = config.system_tables();
        }
        let attempts = self.read("attempts", "a number above zero", |text| {
            NonZeroU32::from_str(text).ok()
        });
        if let Some(attempts) = attempts? {
            config = config.max_attempts(attempts);
        }
        const TIME: &str = "a time above zero, such as 250ms or 5s";
        if let Some(timeout) = self.read("attempt_timeout", TIME, time)? {
            config = config.attempt_timeout(timeout);
        }
        if let Some(deadline) = self.read("deadline", TIME, time)? {
            config = config.deadline(deadline);
        }
        if let Some(timeout) = self.read("connect_timeout", TIME, time)? {
            config = config.connect_timeout(timeout);
        }
        if let Some(timeout) = self.read("body_timeout", TIME, time)? {
            config = config.body_timeout(Some(timeout));
        }
        self.apply_tls(config)
    }

    /// What is done to each request.
    fn apply_to_requests(&self, mut config: Config) -> Result<Config, ParameterError> {
        let mode = self.read("affinity", "off, read-modify-write or any-write", |text| {
            Some(match text {
                "off" => None,
                "read-modify-write" => Some(Mode::ReadModifyWrite),
                "any-write" => Some(Mode::AnyWrite),
                _ => return None,
            })
        });
        if let Some(Some(mode)) = mode? {
            config = config.affinity(mode);
        }
        let trim = self.read("trim", "off, spec or needed", |text| match text {
            "off" => Some(Trim::off()),
            "spec" => Some(Trim::spec()),
            "needed" => Some(Trim::needed()),
            _ => None,
        });
        if let Some(trim) = trim? {
            config = config.trim(trim);
        }
        let compress = self.read("compress", "off, gzip or deflate", |text| match text {
            "off" => Some(RequestCompression::off()),
            "gzip" => Some(RequestCompression::gzip()),
            "deflate" => Some(RequestCompression::deflate()),
            _ => None,
        });
        if let Some(compression) = compress? {
            config = config.compress_requests(compression);
        }
        let accept = self.read(
            "accept",
            "off, gzip, deflate, gzip+deflate or deflate+gzip",
            accept,
        );
        if let Some(compression) = accept? {
            config = config.compress_responses(compression);
        }
        Ok(config)
    }

    fn scope(&self) -> Result<Option<Scope>, ParameterError> {
        let fallback = self.read("fallback", "none, dc or cluster", |text| match text {
            "none" => Some(Fallback::None),
            "dc" => Some(Fallback::Datacenter),
            "cluster" => Some(Fallback::Cluster),
            _ => None,
        })?;
        let scope = match (self.get("dc"), self.get("rack")) {
            (None, Some(_)) => return Err(ParameterError::Needs("rack", "dc")),
            (None, None) if fallback.is_some() => {
                return Err(ParameterError::Needs("fallback", "dc"));
            }
            (None, None) => return Ok(None),
            (Some(dc), None) => match fallback {
                Some(Fallback::Cluster) => Scope::datacenter(dc).or_cluster(),
                _ => Scope::datacenter(dc),
            },
            (Some(dc), Some(rack)) => match fallback {
                Some(Fallback::None) => Scope::rack(dc, rack),
                // As `Config::rack` has it.
                None | Some(Fallback::Datacenter) => Scope::rack(dc, rack).or_datacenter(dc),
                Some(Fallback::Cluster) => Scope::rack(dc, rack).or_datacenter(dc).or_cluster(),
            },
        };
        Ok(Some(scope))
    }
}

enum Fallback {
    None,
    Datacenter,
    Cluster,
}

fn accept(text: &str) -> Option<ResponseCompression> {
    use Encoding::{Deflate, Gzip};

    Some(match text {
        "off" => ResponseCompression::off(),
        "gzip" => ResponseCompression::new([Gzip]),
        "deflate" => ResponseCompression::new([Deflate]),
        "gzip+deflate" => ResponseCompression::new([Gzip, Deflate]),
        "deflate+gzip" => ResponseCompression::new([Deflate, Gzip]),
        _ => return None,
    })
}

fn on_or_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// A whole number of milliseconds or seconds.
fn time(text: &str) -> Option<Duration> {
    let time = match text.strip_suffix("ms") {
        Some(number) => Duration::from_millis(number.parse().ok()?),
        None => Duration::from_secs(text.strip_suffix('s')?.parse().ok()?),
    };
    (!time.is_zero()).then_some(time)
}

/// Says which setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterError {
    /// There is no such setting.
    Unknown(String),
    /// A setting is given twice.
    Twice(&'static str),
    /// The first setting means nothing without the second.
    Needs(&'static str, &'static str),
    /// A setting means nothing without the feature `tls`.
    NeedsTls(&'static str),
    /// A setting has a value that it cannot have.
    #[non_exhaustive]
    Value {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it can be.
        wanted: &'static str,
    },
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no parameter {name:?}"),
            Self::Twice(name) => write!(f, "{name} is given twice"),
            Self::Needs(name, other) => write!(f, "{name} is given without {other}"),
            Self::NeedsTls(name) => write!(f, "{name} needs the feature `tls`"),
            Self::Value {
                name,
                value,
                wanted,
            } => write!(f, "{name} is {value:?}, and has to be {wanted}"),
        }
    }
}

impl Error for ParameterError {}
