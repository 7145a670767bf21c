//! A stream in memory that does what Redis with the library's scripts does, and fails as it does.

mod client;
mod data;
mod late;
mod server;

pub(super) use self::{
    client::StreamClient,
    server::{Record, StreamServer, frame_id, short},
};
