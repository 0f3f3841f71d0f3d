//! The fields of a request's body: a name that is none is refused, with the nearest one that is.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trommel_core::near;

use crate::error::{ApiError, ApiResult};

/// A request's body with the names of its fields.
pub(crate) trait Body: DeserializeOwned {
    /// The names of all fields.
    const FIELDS: &'static [&'static str];
}

/// A body that was read.
pub(crate) struct Fields<T>(pub(crate) T);

impl<S: Send + Sync, T: Body> FromRequest<S> for Fields<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        read(&bytes).map(Self)
    }
}

/// Returns that a body could not be read.
pub(crate) fn unread(rejection: BytesRejection) -> ApiError {
    let status = rejection.status();
    let (code, message) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is larger than may be".to_owned()),
        _ => ("broken_body", format!("the body did not come whole: {}", rejection.body_text())),
    };
    ApiError::new(status, code, message)
}

fn read<T: Body>(bytes: &[u8]) -> ApiResult<T> {
    let object: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            format!("expected a JSON object: {error}"),
        )
    })?;
    if let Some(unknown) = object.keys().find(|name| !T::FIELDS.contains(&name.as_str())) {
        let message = format!("{unknown:?} is no field of this request");
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", message);
        return Err(match near(unknown, T::FIELDS.iter().copied()).first() {
            Some(name) => error.hint(format!("did you mean {name:?}?")),
            None => error.hint(format!("its fields are {}", T::FIELDS.join(", "))),
        });
    }
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        let message = match path.as_str() {
            "." => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        };
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_type", message)
    })
}
