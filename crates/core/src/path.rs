//! Paths as text and back, also those that are no UTF-8.

use std::fs;
use std::path::{Path, PathBuf};

/// What stands before the two hexadecimal digits of a byte that is no UTF-8.
const ESCAPE: &str = "\\x";

/// Returns a path as text. A byte that is no UTF-8, as an old archive may have left in a name, is written
/// as `\xE9`.
#[must_use]
pub fn path_text(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("{ESCAPE}{byte:02X}")));
    }
    text
}

/// Returns the path that [`path_text`] wrote. A file that is really called `\xE9`, with a backslash, comes
/// first where there is one.
#[must_use]
pub fn path_of_text(text: &str) -> PathBuf {
    let literal = PathBuf::from(text);
    if !text.contains(ESCAPE) || fs::symlink_metadata(&literal).is_ok() {
        return literal;
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        std::ffi::OsString::from_vec(unescaped(text)).into()
    }
    #[cfg(not(unix))]
    literal
}

#[cfg(unix)]
fn unescaped(mut text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((before, after)) = text.split_once(ESCAPE) {
        bytes.extend(before.as_bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        // Only a byte that is no ASCII can be wrong.
        match byte.filter(|byte| !byte.is_ascii()) {
            Some(byte) => {
                bytes.push(byte);
                text = &after[2..];
            }
            None => {
                bytes.extend(ESCAPE.as_bytes());
                text = after;
            }
        }
    }
    bytes.extend(text.as_bytes());
    bytes
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn a_name_of_any_bytes_comes_back() {
        let names: [(&[u8], &str); 5] = [
            (b"caf\xE9/a.txt", "caf\\xE9/a.txt"),
            ("caf\u{e9}.txt".as_bytes(), "caf\u{e9}.txt"),
            (b"\xFF\xC3", "\\xFF\\xC3"),
            (b"a\\xb", "a\\xb"),
            (b"a\\x41\xE9\\", "a\\x41\\xE9\\"),
        ];
        for (bytes, text) in names {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(path_text(path), text);
            assert_eq!(path_of_text(text), path, "{text}");
        }
    }
}
