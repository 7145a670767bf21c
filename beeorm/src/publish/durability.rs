/// When a lazy flush returns.
///
/// Set for an engine by [`Registry::durability`](crate::Registry::durability), for single calls by
/// [`Engine::with_durability`](crate::Engine::with_durability).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// When the stream's server has it: as safe as its `appendfsync` makes it. With `everysec`, what came within a
    /// second before the server's machine dies may be lost; with `always` nothing is.
    #[default]
    Appended,
    /// When it is on disk: the server's, and as many of its replicas' as
    /// [`Registry::fsync_replicas`](crate::Registry::fsync_replicas) asks for.
    ///
    /// With `appendfsync everysec` this takes up to a second, or two where others flush likewise at the same time;
    /// with `always` about as long as the disk takes. It needs `appendonly yes`, and Redis 7.2 or Valkey for their
    /// command WAITAOF, which goes over a connection of its own; an older server with `appendfsync always`, and
    /// `no-appendfsync-on-rewrite no`, does as well, as it answers nothing before it is on disk. An embedded stream in a file always is.
    ///
    /// Who flushes again, as the answer was lost or was not waited for, waits for the disk again: what is in the stream
    /// already is sent a second time for it, and executed once. A call that has nothing to write after an earlier one was
    /// answered waits for nothing.
    Fsynced,
}
