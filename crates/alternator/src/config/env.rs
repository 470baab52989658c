//! A configuration from the environment.

use std::{
    env::{self, VarError},
    error::Error,
    fmt,
};

use super::{
    Config,
    parameter::{NAMES, ParameterError},
    url::{Parts, UrlError, signing},
};

const URL: &str = "ALTERNATOR_URL";
const KEY: &str = "ALTERNATOR_ACCESS_KEY_ID";
const SECRET: &str = "ALTERNATOR_SECRET_ACCESS_KEY";

impl Config {
    /// Reads a configuration from environment variables.
    ///
    /// | variable | |
    /// |---|---|
    /// | `ALTERNATOR_URL` | the [URL](Self#method.from_str), which has to be there |
    /// | `ALTERNATOR_ACCESS_KEY_ID`, `ALTERNATOR_SECRET_ACCESS_KEY` | the credentials, as they are, if the URL has none |
    /// | `ALTERNATOR_DC`, `ALTERNATOR_RACK` and so on | each [parameter](Self#parameters) that the URL does not give |
    ///
    /// Other variables are not looked at: an orchestrator may well set some that begin with `ALTERNATOR_`.
    ///
    /// ```
    /// # #[expect(clippy::result_large_err)]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_muster_alternator::{Config, EnvError};
    ///
    /// match Config::from_env() {
    ///     Ok(config) => drop(config.build()?),
    ///     Err(EnvError::Missing(name)) => assert_eq!(name, "ALTERNATOR_URL"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`EnvError`] names the variable, and never a secret.
    pub fn from_env() -> Result<Self, EnvError> {
        Self::from_variables(|name| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(EnvError::NotText(name.to_owned())),
        })
    }

    pub(super) fn from_variables(
        variable: impl Fn(&str) -> Result<Option<String>, EnvError>,
    ) -> Result<Self, EnvError> {
        let url = variable(URL)?.ok_or(EnvError::Missing(URL))?;
        let mut parts = Parts::of(&url).map_err(EnvError::Url)?;
        for name in NAMES {
            let variable_name = format!("ALTERNATOR_{}", name.to_uppercase());
            if let Some(value) = variable(&variable_name)? {
                let set = parts.parameters.set(name, value.into());
                set.map_err(EnvError::Parameter)?;
            }
        }
        let config = parts.parameters.apply(Self::new(parts.seeds));
        let config = config.map_err(EnvError::Parameter)?;
        match (parts.user, variable(KEY)?, variable(SECRET)?) {
            (None, None, None) => Ok(config),
            (Some(user), None, None) => signing(config, user).map_err(EnvError::Url),
            (Some(_), _, _) => Err(EnvError::CredentialsTwice),
            (None, None, Some(_)) => Err(EnvError::Missing(KEY)),
            (None, Some(_), None) => Err(EnvError::Missing(SECRET)),
            (None, Some(key), Some(_)) if key.is_empty() => Err(EnvError::Missing(KEY)),
            (None, Some(_), Some(secret)) if secret.is_empty() => Err(EnvError::Missing(SECRET)),
            (None, Some(key), Some(secret)) => Ok(config.key(&key, &secret)),
        }
    }
}

/// Says which variable is no configuration.
///
/// It shows neither the credentials nor the URL, which may hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvError {
    /// This variable is missing or empty.
    Missing(&'static str),
    /// The value of this variable is not Unicode.
    NotText(String),
    /// The credentials are given in the URL and by themselves.
    CredentialsTwice,
    /// The URL is wrong.
    Url(UrlError),
    /// A setting is wrong, or is in the URL already.
    Parameter(ParameterError),
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "environment: {name} is not set"),
            Self::NotText(name) => write!(f, "environment: {name} is not Unicode"),
            Self::CredentialsTwice => {
                write!(f, "environment: {KEY} is set, and {URL} has credentials")
            }
            Self::Url(_) => write!(f, "environment: {URL} cannot be used"),
            Self::Parameter(_) => f.write_str("environment: a parameter cannot be used"),
        }
    }
}

impl Error for EnvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::Parameter(error) => Some(error),
            Self::Missing(_) | Self::NotText(_) | Self::CredentialsTwice => None,
        }
    }
}
