//! What an error of the redis crate means to a link.

use redis::{ErrorKind, ServerError};

use super::{RedisError, endpoint::Endpoint};

/// What an error means to a link.
#[derive(Debug)]
pub(super) enum Fault {
    /// The key lives elsewhere; nothing was carried out.
    Moved(Endpoint),
    /// This server takes no writes, or none at present; nothing was carried out.
    Unready(RedisError),
    /// The connection cannot be used any more.
    Lost(RedisError),
    /// The command was answered, if not as hoped.
    Answered(RedisError),
}

/// Says what an error means that came instead of the answer to `command`.
pub(super) fn of(endpoint: &Endpoint, command: &'static str, error: redis::RedisError) -> Fault {
    if error.kind() == ErrorKind::AuthenticationFailed {
        return Fault::Answered(refused(endpoint, &error));
    }
    let Some(answer) = server_error(&error) else {
        return Fault::Lost(RedisError::Lost {
            address: endpoint.to_string(),
            source: error.into(),
        });
    };
    let address = endpoint.to_string();
    let (code, detail) = words(&answer);
    match code.as_str() {
        "MOVED" => match detail.rsplit(' ').next().and_then(|to| endpoint.named(to)) {
            Some(endpoint) => Fault::Moved(endpoint),
            None => Fault::Unready(RedisError::Unready {
                address,
                code,
                detail,
            }),
        },
        "READONLY" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" | "ASK" | "TRYAGAIN" | "BUSY" => {
            Fault::Unready(RedisError::Unready {
                address,
                code,
                detail,
            })
        }
        // Before 7.0 the words of a command's error within a script stand behind the script's own.
        _ if detail.contains("-READONLY") => Fault::Unready(RedisError::Unready {
            address,
            code,
            detail,
        }),
        "NOAUTH" | "WRONGPASS" | "NOPERM" => Fault::Answered(RedisError::Refused {
            address,
            code,
            detail,
        }),
        _ => Fault::Answered(RedisError::Script {
            script: command,
            code,
            detail,
        }),
    }
}

/// Says why a greeting failed.
pub(super) fn at_greeting(endpoint: &Endpoint, error: redis::RedisError) -> RedisError {
    if error.kind() == ErrorKind::AuthenticationFailed {
        return refused(endpoint, &error);
    }
    match of(endpoint, "HELLO", error) {
        Fault::Lost(RedisError::Lost { address, source }) => {
            RedisError::Unreachable { address, source }
        }
        Fault::Lost(error) | Fault::Unready(error) | Fault::Answered(error) => error,
        Fault::Moved(to) => RedisError::unreachable(endpoint, format!("moved to {to}")),
    }
}

/// The server's own words: of a transaction those that made it fail, not that it did.
pub(super) fn server_error(error: &redis::RedisError) -> Option<ServerError> {
    let errors = error.clone().into_server_errors()?;
    let telling = errors.iter().find(|(_, error)| error.code() != "EXECABORT");
    telling.or(errors.first()).map(|(_, error)| error.clone())
}

fn refused(endpoint: &Endpoint, error: &redis::RedisError) -> RedisError {
    let address = endpoint.to_string();
    let (code, detail) = match server_error(error) {
        Some(answer) => words(&answer),
        None => (
            "AUTH".to_owned(),
            error.detail().unwrap_or("failed").to_owned(),
        ),
    };
    RedisError::Refused {
        address,
        code,
        detail,
    }
}

fn words(answer: &ServerError) -> (String, String) {
    let detail = answer.details().unwrap_or_default();
    (answer.code().to_owned(), detail.to_owned())
}
