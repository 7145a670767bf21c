//! Making, changing, deleting and showing users.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use beeorm::{Entity, Error, Receipt, Tracked, Uuid};
use serde::Deserialize;
use serde_json::json;

use crate::{
    body::{Body, Id},
    refusal::Refusal,
    routes::Service,
    user::User,
};

/// The body of `POST /users`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    first_name: String,
    last_name: String,
    email: String,
}

/// The body of `PATCH /users/{id}`: at least one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
}

/// `POST /users`: 201 with the id, once the stream has the INSERT.
pub(crate) async fn create(
    State(service): State<Service>,
    Body(new): Body<NewUser>,
) -> Result<Response, Refusal> {
    let NewUser {
        first_name,
        last_name,
        email,
    } = new;
    let mut user = User {
        first_name,
        last_name,
        email,
        ..User::default()
    };
    appended(service.engine.flush_lazy(&mut user).await).await?;
    let location = [(LOCATION, format!("/users/{}", user.id))];
    Ok((StatusCode::CREATED, location, id(user.id)).into_response())
}

/// `PATCH /users/{id}`: 202, once the stream has the UPDATE. Nothing is loaded; where there is no such row, the
/// consumer finds out.
pub(crate) async fn change(
    State(service): State<Service>,
    Id(key): Id,
    Body(patch): Body<Patch>,
) -> Result<Response, Refusal> {
    let columns = User::columns();
    let mut change = User::change(key);
    let mut changes = 0;
    for (column, value) in [
        (columns.first_name, patch.first_name),
        (columns.last_name, patch.last_name),
        (columns.email, patch.email),
    ] {
        if let Some(value) = value {
            change = change.set(column, value);
            changes += 1;
        }
    }
    if changes == 0 {
        let message = "nothing to change: give first_name, last_name or email";
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    appended(service.engine.flush_lazy(change).await).await?;
    Ok((StatusCode::ACCEPTED, id(key)).into_response())
}

/// `DELETE /users/{id}`: 204, once the stream has the DELETE, whether there is such a row or not.
pub(crate) async fn delete(
    State(service): State<Service>,
    Id(key): Id,
) -> Result<StatusCode, Refusal> {
    appended(service.engine.delete_by_id_lazy::<User>(key).await).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /users/{id}`: the row, as it is in the database.
pub(crate) async fn show(
    State(service): State<Service>,
    Id(key): Id,
) -> Result<Json<Tracked<User>>, Refusal> {
    let user = service.engine.load::<User>(key).await?;
    let missing = "there is no such user; one that was made just now is there when the consumer has got to it";
    user.map(Json)
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, missing))
}

fn id(id: Uuid) -> Json<serde_json::Value> {
    Json(json!({ "id": id }))
}

/// Where the answer to the append was lost, sends the same bytes again: they are executed once, however often they
/// arrive. Only what is certainly in the stream is a success.
async fn appended(flushed: Result<Receipt, Error>) -> Result<(), Error> {
    let unknown = match flushed {
        Err(Error::OutcomeUnknown(unknown)) => unknown,
        other => return other.map(drop),
    };
    let mut pause = Duration::from_millis(50);
    for _ in 0..4 {
        tracing::warn!(%unknown, "sending again");
        if unknown.resend().await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    unknown.resend().await.map(drop)
}
