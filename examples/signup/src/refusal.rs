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
    /// For the log alone: it may name servers, which are nobody's business outside.
    reason: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let (message, reason) = (message.into(), None);
        Self {
            status,
            message,
            reason,
        }
    }

    /// Of something that is not the client's fault.
    fn internal(status: StatusCode, message: &str, error: &Error) -> Self {
        Self {
            reason: Some(error.to_string()),
            ..Self::new(status, message)
        }
    }

    /// Of something that is away, whatever it is called.
    pub(crate) fn unavailable(error: &Error) -> Self {
        Self::internal(StatusCode::SERVICE_UNAVAILABLE, away(error), error)
    }
}

/// What is away, without its address.
pub(crate) fn away(error: &Error) -> &'static str {
    match error {
        Error::Stream(_) => "the stream is not to be had at the moment; try again later",
        Error::OutcomeUnknown(_) => {
            "whether it is in the stream is not known; try again later, and look first whether it was done"
        }
        Error::Database(_) => "the database is not to be had at the moment; try again later",
        _ => "this is not to be had at the moment; try again later",
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match &error {
            // A value that its column does not hold, or an id that is all zeros.
            Error::Column { .. } | Error::UnsetKey { .. } | Error::FrameTooLarge { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
            // Redis or the database is away or overloaded. After an unknown outcome a user may have been made
            // that nobody has the id of: the unique email tells, when the client tries again.
            Error::Stream(_) | Error::OutcomeUnknown(_) => Self::unavailable(&error),
            Error::Database(of) if of.class().is_passing() => Self::unavailable(&error),
            _ => {
                let message = "this went wrong; the service's log says why";
                Self::internal(StatusCode::INTERNAL_SERVER_ERROR, message, &error)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(
                status = self.status.as_u16(),
                error = self.reason.as_ref().unwrap_or(&self.message),
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
