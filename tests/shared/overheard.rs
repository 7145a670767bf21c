//! What processes say on standard error, as words of the test that has started them.

use std::io::{BufRead, BufReader, Read};

/// Says all that comes of it: in a test, as its own words, which are shown where it fails and not else.
pub fn overheard(words: impl Read + Send + 'static) {
    // The thread's words are the test's; whoever is no test just passes them on.
    std::thread::spawn(move || {
        for line in BufReader::new(words).split(b'\n').map_while(Result::ok) {
            eprintln!("{}", String::from_utf8_lossy(&line));
        }
    });
}
