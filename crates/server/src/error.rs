//! What a request that fails is answered with.

use std::error::Error as _;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use trommel::ErrorKind;
use utoipa::ToSchema;

use crate::pool::Refused;

/// The body of every error of trommel's own routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong.
    pub(crate) error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// A name to go by, which never changes.
    pub(crate) code: &'static str,
    /// What, where, expected and got, in words.
    pub(crate) message: String,
    /// What may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// An error with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// After how many seconds to try again.
    pub(crate) retry_after: Option<u64>,
    /// What only the log says.
    pub(crate) detail: Option<String>,
}

/// What only the log says of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Detail(pub(crate) String);

/// What a handler returns.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None, retry_after: None, detail: None }
    }

    /// Returns that a request says something that cannot be.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    /// Returns that something is not there.
    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Returns the body.
    pub(crate) fn body(&self) -> ErrorBody {
        let (code, message, hint) = (self.code, self.message.clone(), self.hint.clone());
        ErrorBody { error: ErrorDetail { code, message, hint } }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!(self.body()))).into_response();
        let headers = response.headers_mut();
        if let Some(value) =
            self.retry_after.and_then(|it| HeaderValue::from_str(&it.to_string()).ok())
        {
            headers.insert(header::RETRY_AFTER, value);
        }
        if let Some(detail) = self.detail {
            response.extensions_mut().insert(Detail(detail));
        }
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full(patience) => {
                let seconds = patience.as_secs().max(1);
                let message = "as many requests wait as may: try again later";
                let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", message);
                Self { retry_after: Some(seconds), ..error }
            }
            Refused::Lost => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the request could not be computed; the server goes on",
            ),
        }
    }
}

impl From<trommel::Error> for ApiError {
    fn from(error: trommel::Error) -> Self {
        let (status, code) = match error.kind() {
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "invalid"),
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ErrorKind::Busy => (StatusCode::CONFLICT, "busy"),
            ErrorKind::Damaged => (StatusCode::INTERNAL_SERVER_ERROR, "damaged"),
            ErrorKind::Refused => (StatusCode::BAD_GATEWAY, "model_failed"),
            ErrorKind::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "cancelled"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "system"),
        };
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message += &format!(": {cause}");
            source = cause.source();
        }
        let mut told = Self::new(status, code, message);
        // Where files lie is nobody's business but the operator's.
        if status.is_server_error() {
            told.detail = Some(told.message.clone());
            told.message = match error.kind() {
                ErrorKind::Damaged => "the collection is damaged".to_owned(),
                ErrorKind::Refused => "a model failed".to_owned(),
                ErrorKind::Cancelled => "nobody waited for the answer".to_owned(),
                _ => "the operating system refused".to_owned(),
            };
            told.hint =
                Some("the server's log says more; trommel check looks at the files".to_owned());
        }
        if error.kind() == ErrorKind::Busy {
            told.retry_after = Some(5);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_server_names_no_file() {
        let error = trommel::Error::from(trommel_engine::EngineError::Corrupt {
            path: "/home/ada/.trommel/manifest.json".into(),
            detail: "its hash is another one".into(),
        });
        let told = ApiError::from(error);
        assert_eq!((told.status.as_u16(), told.code), (500, "damaged"));
        assert!(!told.message.contains("/home"), "{}", told.message);
    }
}
