//! What a request brings along: a body of JSON, an id in the path. What is wrong with it is told as JSON too.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{StatusCode, request::Parts},
};
use beeorm::Uuid;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// A body of JSON, whatever the content type says.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text()))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| match error.is_data() {
                true => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
                false => Refusal::new(
                    StatusCode::BAD_REQUEST,
                    format!("the body is not JSON: {error}"),
                ),
            })
    }
}

/// The `{id}` of the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text()))?;
        text.parse().map(Self).map_err(|error| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("{text:?} is no UUID: {error}"),
            )
        })
    }
}
