//! An error as Alternator writes it: `{"__type":"...","message":"..."}`.

pub(crate) mod cluster;

use std::borrow::Cow;

use dynoxide::DynoxideError;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

/// The namespace of every `__type`, scylladb `alternator/error.hh`.
const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810#";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) message: String,
    item: Option<Value>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "Item", skip_serializing_if = "Option::is_none")]
    item: Option<&'a Value>,
    #[serde(rename = "__type")]
    kind: String,
    message: &'a str,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        kind: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind: kind.into(),
            message: message.into(),
            item: None,
        }
    }

    pub(crate) fn bad_request(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationException", message)
    }

    pub(crate) fn internal(text: &str) -> Self {
        let message = format!("Internal server error: {text}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            message,
        )
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let kind = format!("{NAMESPACE}{}", self.kind);
        let body = Body {
            item: self.item.as_ref(),
            kind,
            message: &self.message,
        };
        // Strings and a JSON value always serialize.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<DynoxideError> for ApiError {
    fn from(error: DynoxideError) -> Self {
        // Alternator knows 400 and 500 only; what the engine cannot do is its own fault.
        if error.status_code() >= 500 {
            return Self::internal(&error.to_string());
        }
        let kind = error.error_type();
        let kind = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
        let mut answer = Self::bad_request(kind, error.to_string());
        answer.item = error
            .to_response()
            .item
            .and_then(|item| serde_json::to_value(item).ok());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_alternators_shape() {
        let error = ApiError::validation("no \"x\"");
        assert_eq!(
            String::from_utf8(error.body()).unwrap(),
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"no \"x\""}"#
        );
    }

    #[test]
    fn the_engines_namespaces_become_alternators_one() {
        let error = ApiError::from(DynoxideError::ValidationException("text".into()));
        assert_eq!(
            (error.status.as_u16(), &*error.kind),
            (400, "ValidationException")
        );
        let error = ApiError::from(DynoxideError::UnsupportedCapability("x".into()));
        assert_eq!(
            (error.status.as_u16(), &*error.kind),
            (500, "InternalServerError")
        );
    }
}
