//! Which path leads where.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Method, StatusCode, Uri},
    routing::{get, post},
};
use beeorm::Engine;

use crate::{config::Consumer, refusal::Refusal, stats, users};

/// A user is far smaller.
const LARGEST_BODY: usize = 16 << 10;

/// What every handler gets: cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) engine: Engine,
    pub(crate) consumer: Consumer,
}

pub(crate) fn router(engine: Engine, consumer: Consumer) -> Router {
    Router::new()
        .route("/users", post(users::create))
        .route(
            "/users/{id}",
            get(users::show).patch(users::change).delete(users::delete),
        )
        .route("/stats", get(stats::show))
        .fallback(async |uri: Uri| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                format!("there is nothing at {}", uri.path()),
            )
        })
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("{} takes no {method}", uri.path()),
            )
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Service { engine, consumer })
}
