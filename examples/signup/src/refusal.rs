//! What a client is told when it does not get what it asked for.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use beeorm::Error;
use serde_json::json;

/// A status other than 2xx, and why: `{"error": "…"}`.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }
}

impl Refusal {
    /// Of something that is away, whatever it is called.
    pub(crate) fn unavailable(error: &Error) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match &error {
            // A value that its column does not hold, or an id that is all zeros.
            Error::Column { .. } | Error::UnsetKey { .. } | Error::FrameTooLarge { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            // Redis or the database is away or overloaded. After an unknown outcome a user may have been made
            // that nobody has the id of: the unique email tells, when the client tries again.
            Error::Stream(_) | Error::OutcomeUnknown(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Database(error) if error.class().is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(
                status = self.status.as_u16(),
                error = self.message,
                "refused"
            );
        }
        let mut response = (self.status, Json(json!({ "error": self.message }))).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
