//! The addresses of documents.

use std::fmt;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};

const SCHEME: &str = "trommel://";

/// The template of all addresses (RFC 6570).
pub(super) const TEMPLATE: &str = "trommel://{collection}/{+id}";

/// All but the unreserved characters of RFC 3986.
const COLLECTION: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All that may not stand in a path, so that an id with slashes is still read as one.
const ID: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The address of a document as a resource, such as `trommel://notes/trips/rome.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The name of its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
}

impl Address {
    /// Reads an address; none if it is of another form.
    #[must_use]
    pub fn parse(uri: &str) -> Option<Self> {
        let (collection, id) = uri.strip_prefix(SCHEME)?.split_once('/')?;
        let decoded = |part: &str| {
            let text = percent_decode_str(part).decode_utf8().ok()?;
            (!text.is_empty()).then(|| text.into_owned())
        };
        Some(Self { collection: decoded(collection)?, id: decoded(id)? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let collection = utf8_percent_encode(&self.collection, COLLECTION);
        write!(f, "{SCHEME}{collection}/{}", utf8_percent_encode(&self.id, ID))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        for id in ["a/b.md", "a b#1?c%20.md", "naïve [1].md", "https://a.example/b", "a:1-2"] {
            let address = Address { collection: "my notes/1".to_owned(), id: id.to_owned() };
            assert_eq!(Address::parse(&address.to_string()), Some(address));
        }
        let address = Address { collection: "notes".to_owned(), id: "a b#1.md".to_owned() };
        assert_eq!(address.to_string(), "trommel://notes/a%20b%231.md");
    }

    /// What RFC 6570 says `{+id}` becomes: reserved characters stay as they are.
    #[test]
    fn an_address_that_a_client_expanded_is_read_too() {
        let address = Address::parse("trommel://notes/a/b.md#3").unwrap();
        assert_eq!((address.collection.as_str(), address.id.as_str()), ("notes", "a/b.md#3"));
    }

    #[test]
    fn other_addresses_are_none_of_ours() {
        for uri in ["file:///a", "trommel://notes", "trommel://notes/", "trommel:///a", "", "%"] {
            assert_eq!(Address::parse(uri), None, "{uri}");
        }
    }
}
