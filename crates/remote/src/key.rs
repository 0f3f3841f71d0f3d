//! A key that nobody reads but the server.

use std::fmt;

use ureq::http::HeaderValue;

use super::RemoteError;

/// How long a key may be, in bytes; none is nearly as long.
const LONGEST: usize = 4096;

/// The key to an API. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key as it stands in a variable or a file; white space around it is not part of it.
    ///
    /// # Errors
    ///
    /// If it is empty, longer than 4096 bytes, or has a character that no HTTP header can carry.
    pub fn new(text: &str) -> Result<Self, RemoteError> {
        let key = text.trim();
        let problem = if key.is_empty() {
            "it is empty"
        } else if key.len() > LONGEST {
            "it is longer than 4096 bytes"
        } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            "it has a character that is not visible ASCII, where one word is expected"
        } else {
            return Ok(Self(key.to_owned()));
        };
        Err(RemoteError::Key { problem })
    }

    /// Returns the value of the `Authorization` header, marked as a secret.
    pub(crate) fn bearer(&self) -> Result<HeaderValue, RemoteError> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0))
            .map_err(|_| RemoteError::Key { problem: "no HTTP header can carry it" })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Returns `text` up to where the key stands in it, as in "invalid key: …".
    pub(crate) fn hide_in(&self, text: &str) -> String {
        match text.split_once(&self.0) {
            Some((before, _)) => format!("{before}[the key]"),
            None => text.to_owned(),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[the key]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_never_shown() {
        let key = ApiKey::new(" s3cr3t\r\n").unwrap();
        assert_eq!(key, ApiKey::new("s3cr3t").unwrap());
        assert_eq!(key.bearer().unwrap(), "Bearer s3cr3t");
        for shown in [format!("{key}"), format!("{key:?}"), format!("{:?}", key.bearer().unwrap())]
        {
            assert!(!shown.contains("s3cr3t"), "{shown}");
        }
        assert_eq!(key.hide_in("no such key: s3cr3t, sorry: s3cr3t"), "no such key: [the key]");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for text in ["", " \n", "two words", "line\nbreak", "kéy", "nul\0", &"k".repeat(4097)] {
            let error = ApiKey::new(text).unwrap_err().to_string();
            assert!(error.starts_with("the API key cannot be used: it "), "{error}");
            assert!(text.trim().is_empty() || !error.contains(text.trim()), "{error}");
        }
    }
}
