//! The parameters behind a URL's question mark.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what RFC 3986 calls unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// As it may stand anywhere in a URL.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// Names and values; `+` stands for a space, as in forms.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// Takes a parameter of ours out of a URL.
pub(super) fn take(url: &str, name: &str) -> (String, Option<String>) {
    let Some((address, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let is_ours = |pair: &&str| pair.split('=').next() == Some(name);
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_ours(pair)).collect();
    let rest = rest.join("&");
    let url = if rest.is_empty() {
        address.to_owned()
    } else {
        format!("{address}?{rest}")
    };
    (
        url,
        pairs(query)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value),
    )
}
