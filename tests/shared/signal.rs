use std::process::Command;

/// Sends a signal, `TERM` or `STOP` say, to a process. By the shell's own `kill`: the program of that name is in a
/// package that a bare Debian has not.
///
/// # Errors
///
/// There is no such process, or no shell.
pub fn signal(id: u32, name: &str) -> Result<(), String> {
    let sent = Command::new("sh")
        .args(["-c", "kill \"-$0\" \"$1\"", name, &id.to_string()])
        .status()
        .map_err(|error| format!("cannot run `sh`, which sends signals: {error}"))?;
    if sent.success() {
        Ok(())
    } else {
        Err(format!("SIG{name} does not reach the process {id}"))
    }
}
