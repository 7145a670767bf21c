//! What the driver itself reports, beside what servers say.

use super::{DatabaseError, FailureClass, error::Kind};

/// An error that no server sent: the connection, or the driver.
pub(super) fn driver_error(error: &sqlx::Error) -> DatabaseError {
    let class = match error {
        // Values and placeholders were miscounted: trying again would not help.
        sqlx::Error::Protocol(message) if message.starts_with("prepared statement expected") => {
            FailureClass::Unknown
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => FailureClass::Infrastructure,
        _ => FailureClass::Unknown,
    };
    let kind = match error {
        sqlx::Error::Io(_) => Kind::ConnectionLost,
        _ => Kind::Other,
    };
    DatabaseError::new(class, error.to_string()).with_kind(kind)
}
