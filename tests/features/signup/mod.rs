//! The example `signup`, as its users meet it: a process, and HTTP.

mod answers;
mod away;
mod client;
mod drains;
mod service;
